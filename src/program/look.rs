//! What names look like, by which they are found fast: most words of a script are the name of no
//! program. The build makes the table of names with it, too.

/// So many looks there are: some eight times as many as names, so that few look alike.
pub const LOOKS: usize = 1 << 12;

/// The look of a name, below [`LOOKS`].
pub fn look(name: &str) -> usize {
    let bytes = name.as_bytes();
    let at = |position: usize| bytes.get(position).copied().unwrap_or_default();
    let ends = [at(0), at(1), at(bytes.len() / 2), at(bytes.len().wrapping_sub(1))];
    let mixed = (u32::from_le_bytes(ends) ^ bytes.len() as u32).wrapping_mul(0x9e37_79b1);
    mixed as usize >> (32 - LOOKS.ilog2())
}
