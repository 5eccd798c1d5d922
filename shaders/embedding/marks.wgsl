// embedding / marks
//   Which bit of a row's set stands for a token (Knuth's multiplicative hash).

const MARK_WORDS = 32u;
const NONE = 0xffffffffu;

fn mark_of(token: u32) -> u32 {
    return (token * 2654435761u) >> 22u;
}
