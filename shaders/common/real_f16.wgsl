enable f16;

// common / real, in f16
//   How activations are stored. Arithmetic is f32: kernels convert where they load and store.

alias Real = f16;
alias Real2 = vec2<f16>;
alias Real4 = vec4<f16>;
