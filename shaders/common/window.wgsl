// common / window
//   Where a window falls on images (common/images.wgsl).

override KH: u32; override KW: u32;
override SH: u32; override SW: u32;
override DH: u32; override DW: u32;
override PT: u32; override PL: u32;
