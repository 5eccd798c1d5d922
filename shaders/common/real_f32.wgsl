// common / real, in f32
//   How activations are stored. Arithmetic is f32: kernels convert where they load and store.

alias Real = f32;
alias Real2 = vec2f;
alias Real4 = vec4f;
