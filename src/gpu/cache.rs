//! Compiled pipelines on disk, where the backend can hand them out (Vulkan).
//!
//! A file belongs to one build of this program on one adapter with one driver: all three are in its name, so that a new
//! one never reads what an old one left. What is damaged is ignored and written again.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::platform::{environment, files};

/// Where the pipelines of one adapter are kept.
pub(super) struct CacheFile {
    path: PathBuf,
}

/// Bytes of the checksum before the data.
const SUM: usize = 32;

impl CacheFile {
    /// An adapter's file in a folder; none for backends that hand out no pipelines.
    pub(super) fn new(folder: &Path, info: &wgpu::AdapterInfo) -> Option<Self> {
        Some(CacheFile { path: folder.join(file_name(info, &environment::build())?) })
    }

    /// What was stored, if it is whole.
    pub(super) fn read(&self) -> Option<Vec<u8>> {
        unpack(&files::read(&self.path).ok()?).map(<[u8]>::to_vec)
    }

    /// Stores `data` if it is not there already. A cache is a convenience: what cannot be written is left out.
    pub(super) fn write(&self, data: &[u8]) {
        if self.read().is_some_and(|stored| stored == data) {
            return;
        }
        if files::write_with_folder(&self.path, &pack(data)).is_ok() {
            remove_others(&self.path);
        }
    }
}

/// Files beside `keep` for the same adapter by other builds or drivers, which nobody will read again.
fn remove_others(keep: &Path) {
    let adapter = |path: &Path| Some(path.file_name()?.to_str()?.split('-').next()?.to_string());
    let folder = keep.parent().expect("a file has a folder");
    let others = files::entries(folder).into_iter().filter(|path| path != keep && adapter(path) == adapter(keep));
    others.for_each(|path| files::discard(&path));
}

/// `ADAPTER-REST`: wgpu's key of the adapter, then a digest of driver and build. None for backends without a cache.
fn file_name(info: &wgpu::AdapterInfo, build: &str) -> Option<String> {
    let adapter = wgpu::util::pipeline_cache_key(info)?.replace('-', "_");
    let rest = format!("{}\n{}\n{}\n{build}", info.name, info.driver, info.driver_info);
    let digest: String = Sha256::digest(rest).iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    Some(format!("{adapter}-{digest}.bin"))
}

fn pack(data: &[u8]) -> Vec<u8> {
    let mut packed = Sha256::digest(data).to_vec();
    packed.extend_from_slice(data);
    packed
}

fn unpack(packed: &[u8]) -> Option<&[u8]> {
    let (sum, data) = packed.split_at_checked(SUM)?;
    (Sha256::digest(data).as_slice() == sum).then_some(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_damaged_or_cut_is_not_read() {
        let packed = pack(b"compiled");
        assert_eq!(unpack(&packed), Some(&b"compiled"[..]));
        let mut damaged = packed.clone();
        *damaged.last_mut().unwrap() ^= 1;
        assert_eq!(unpack(&damaged), None);
        assert_eq!(unpack(&packed[..packed.len() - 1]), None);
        assert_eq!(unpack(&packed[..5]), None);
    }

    #[test]
    fn another_driver_or_build_has_another_file() {
        let info = |driver: &str| wgpu::AdapterInfo {
            driver_info: driver.into(),
            ..wgpu::AdapterInfo::new(wgpu::DeviceType::DiscreteGpu, wgpu::Backend::Vulkan)
        };
        let name = |driver, build| file_name(&info(driver), build).unwrap();
        assert_eq!(name("1.0", "a"), name("1.0", "a"));
        assert_ne!(name("1.0", "a"), name("1.1", "a"), "driver");
        assert_ne!(name("1.0", "a"), name("1.0", "b"), "build");
        let adapter = |name: String| name.split('-').next().unwrap().to_string();
        assert_eq!(adapter(name("1.0", "a")), adapter(name("1.1", "b")), "old files of an adapter are found");
    }

    #[test]
    fn files_of_other_builds_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let [old, other, own] =
            ["vulkan_1_2-aa.bin", "vulkan_9_9-aa.bin", "vulkan_1_2-bb.bin"].map(|n| folder.path().join(n));
        std::fs::write(&old, "old").unwrap();
        std::fs::write(&other, "other adapter").unwrap();
        CacheFile { path: own.clone() }.write(b"new");
        assert!(!old.exists() && other.exists());
        assert_eq!(CacheFile { path: own }.read().as_deref(), Some(&b"new"[..]));
    }
}
