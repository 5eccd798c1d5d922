//! How a device is opened.

use std::path::PathBuf;

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
    /// Whether the API's validation layers are on, where they are installed.
    pub validation: bool,
}

impl GpuOptions {
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
