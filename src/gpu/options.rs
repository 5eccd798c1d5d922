//! How a device is opened.

use std::path::PathBuf;

use crate::platform::environment;

/// How a device is opened. The default is the best adapter, the tables of tiles that are part of the program, and no
/// file touched; [`GpuOptions::from_env`] is what the command line uses.
///
/// ```
/// use lepton_gpu::gpu::GpuOptions;
///
/// let options = GpuOptions { adapter: Some("llvmpipe".into()), ..GpuOptions::default() };
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GpuOptions {
    /// Which adapter: its number in [`list`](super::list), or part of its name, API or driver. None: the best one.
    pub adapter: Option<String>,
    /// Where tiles of matrix products come from.
    pub tiles: TileSource,
    /// The folder in which compiled pipelines are kept for the next start, on backends that hand them out (Vulkan). None:
    /// nothing is kept.
    pub pipeline_cache: Option<PathBuf>,
    /// Whether every shader checks its indices while it runs. Without it, only those do that the program did not plan and
    /// fill itself (see [`Program::new`](super::Program::new)).
    pub checked: bool,
    /// The APIs that may be used, with commas between: `vulkan`, `metal`, `dx12`, `gl`. None: all of them.
    pub backends: Option<String>,
    /// Whether cooperative matrices are taken as the adapter offers them, in its largest subgroups, without being tried on the
    /// device: for kernels that are compiled and not run.
    pub untried_matrices: bool,
    /// Whether the API's validation layers are on, where they are installed.
    pub validation: bool,
}

impl GpuOptions {
    /// What this user's environment asks for: the folders of the user's pipelines and tiles, and these variables.
    ///
    /// | variable | meaning |
    /// |---|---|
    /// | `LEPTON_ADAPTER` | the adapter, by number or part of its name |
    /// | `LEPTON_TILES` | a table of tiles to use instead of the user's own; `0`: none at all |
    /// | `LEPTON_PIPELINE_CACHE=0` | compiled pipelines are neither read nor kept |
    /// | `LEPTON_CHECKED=1` | every shader checks its indices while it runs |
    /// | `WGPU_BACKEND` | the APIs that may be used: `vulkan`, `metal`, `dx12`, `gl`, several with commas |
    /// | `WGPU_VALIDATION=1` | the layers that validate the API's use are on |
    pub fn from_env() -> Self {
        let is = |name, wanted: &str| environment::variable(name).is_some_and(|value| value == wanted);
        let text = |name| environment::variable(name).map(|value| value.to_string_lossy().into_owned());
        let tiles = if is("LEPTON_TILES", "0") {
            TileSource::Rules
        } else if let Some(path) = environment::variable("LEPTON_TILES") {
            TileSource::File(path.into())
        } else {
            environment::tiles().map_or(TileSource::BuiltIn, TileSource::Folder)
        };
        GpuOptions {
            // empty text is passed on, and refused there
            adapter: environment::text("LEPTON_ADAPTER"),
            tiles,
            pipeline_cache: if is("LEPTON_PIPELINE_CACHE", "0") { None } else { environment::pipelines() },
            checked: is("LEPTON_CHECKED", "1"),
            backends: text("WGPU_BACKEND"),
            untried_matrices: false,
            validation: is("WGPU_VALIDATION", "1"),
        }
    }

    /// The same with this adapter, if one is named.
    #[must_use]
    pub fn with_adapter(self, adapter: Option<&str>) -> Self {
        GpuOptions { adapter: adapter.map(String::from).or(self.adapter), ..self }
    }
}

/// Where the tiles of an adapter's matrix products come from. They change how long a step takes, and none of its bits.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum TileSource {
    /// Rules alone choose.
    Rules,
    /// The tables of known adapters that are part of the program.
    #[default]
    BuiltIn,
    /// Those, and over them the adapter's own table in this folder, if it is there.
    Folder(PathBuf),
    /// Those, and over them the table in this file.
    File(PathBuf),
}
