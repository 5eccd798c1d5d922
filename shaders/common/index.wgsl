// common / index
//   A launch of COUNT threads in workgroups of 64, folded into two grid axes of at most 65,535 groups.

const WORKGROUP: u32 = 64u;
override COUNT: u32;
override GROUPS_X: u32;

// The flat number of this thread; it may be COUNT or more in the last groups.
fn flat_index(group: vec3u, lane: u32) -> u32 {
    return (group.y * GROUPS_X + group.x) * WORKGROUP + lane;
}
