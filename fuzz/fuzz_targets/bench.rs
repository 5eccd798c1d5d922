#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| lepton_gpu_fuzz::run("bench", bytes));
