//! What a file is that should be one of tensors (.safetensors): by its first bytes, with a way out.

use crate::hint::Hint;

/// A file of another kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OtherFile {
    /// What it is, such as `a JPEG image`.
    pub what: &'static str,
    way: Way,
}

/// What to do with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// The program makes a run of it.
    Import,
    /// In words.
    Advice(&'static str),
}

const RUN: Way = Way::Advice("the folder of a run, or a .safetensors file");
const CONVERT: Way = Way::Advice("in PyTorch: safetensors.torch.save_file(model.state_dict(), \"model.safetensors\")");
const AGAIN: Way = Way::Advice("download the file again: the address may need a login, or be that of a page about it");

/// Kinds by their first bytes; the first that matches counts.
const KINDS: &[(&[u8], OtherFile)] = &[
    (b"\xff\xd8\xff", OtherFile { what: "a JPEG image", way: RUN }),
    (b"\x89PNG", OtherFile { what: "a PNG image", way: RUN }),
    (b"GIF8", OtherFile { what: "a GIF image", way: RUN }),
    (b"RIFF", OtherFile { what: "a WebP image or another RIFF file", way: RUN }),
    (b"BM", OtherFile { what: "a BMP image", way: RUN }),
    (b"\x89HDF", OtherFile { what: "an HDF5 file (Keras .h5)", way: CONVERT }),
    (b"PK\x03\x04", OtherFile { what: "a pickle of PyTorch or another zip archive", way: CONVERT }),
    (b"\x80\x02", OtherFile { what: "a pickle of PyTorch", way: CONVERT }),
    (b"\x80\x04", OtherFile { what: "a pickle of PyTorch", way: CONVERT }),
    (b"GGUF", OtherFile { what: "a GGUF file", way: CONVERT }),
    (b"\x93NUMPY", OtherFile { what: "a NumPy array", way: CONVERT }),
    (b"\x1f\x8b", OtherFile { what: "a gzip archive", way: Way::Advice("unpack it first") }),
    (
        b"version https://git-lfs.github.com/spec/",
        OtherFile { what: "a Git LFS pointer", way: Way::Advice("git lfs pull, in the repository that it is from") },
    ),
    (b"<!DOCTYPE", OtherFile { what: "a web page", way: AGAIN }),
    (b"<!doctype", OtherFile { what: "a web page", way: AGAIN }),
    (b"<html", OtherFile { what: "a web page", way: AGAIN }),
];

impl OtherFile {
    /// What the bytes of a file are, if they are certainly no file of tensors.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        // a file of tensors begins with the length of its header as a u64, of which the last bytes are 0, and the header with a brace
        if bytes.get(5..9) == Some(b"\0\0\0{") {
            return None;
        }
        let known = KINDS.iter().find(|(mark, _)| bytes.starts_with(mark)).map(|&(_, kind)| kind);
        known.or_else(|| is_onnx(bytes).then_some(OtherFile { what: "an ONNX model", way: Way::Import }))
    }

    /// What to do with the file at `path`.
    pub fn hint(&self, path: &str) -> Hint {
        match self.way {
            Way::Import => Hint::command(["import", path]),
            Way::Advice(words) => Hint::advice(words),
        }
    }
}

/// An ONNX file is a message of Protocol Buffers that begins with field 1, the version of the format (a small varint), and goes on
/// with a text or the graph (fields 2 to 8, of a length).
fn is_onnx(bytes: &[u8]) -> bool {
    matches!(bytes, [0x08, 1..=127, 0x12 | 0x1a | 0x22 | 0x2a | 0x32 | 0x3a | 0x42, ..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_tensors_are_no_other_files() {
        let what = |bytes: &[u8]| OtherFile::of(bytes).map(|other| other.what);
        assert_eq!(what(b"\xff\xd8\xff\xe0\0\x10JFIF"), Some("a JPEG image"));
        assert_eq!(what(b"\x08\x08\x12\x0alepton-gpu:"), Some("an ONNX model"));
        // headers of 1,184,776 and 85,314 bytes begin with the same bytes as other files
        assert_eq!(what(&[1_184_776_u64.to_le_bytes().as_slice(), b"{"].concat()), None);
        assert_eq!(what(b"\x08\x14\x12\0\0\0\0\0{\"a"), None);
        assert_eq!(what(b"BM\x01\0\0\0\0\0{\"a\""), None);
        // and these have as many zeros
        assert_eq!(what(b"GGUF\x03\0\0\0\x10\0"), Some("a GGUF file"));
        assert_eq!(what(b"BM\x36\x10\0\0\0\0\0\0"), Some("a BMP image"));
        assert_eq!(what(b"\x1f\x8b\x08\0\0\0\0\0\0\x03"), Some("a gzip archive"));
        assert_eq!(what(b"PK\x03\x04\x14\0\0\0\0\0"), Some("a pickle of PyTorch or another zip archive"));
        assert_eq!(what(b""), None);
    }
}
