//! The hash by which names of programs are found: most words of a script are none, which it tells
//! fast. The build makes the table of all names with it, too.

/// Slots of the table: some eight times as many as names, so that few share one.
pub const SLOTS: usize = 1 << 12;

/// The slot of a name, by its length and a few of its bytes.
pub fn slot(name: &str) -> usize {
    let bytes = name.as_bytes();
    let at = |position: usize| bytes.get(position).copied().unwrap_or_default();
    let some = [at(0), at(1), at(bytes.len() / 2), at(bytes.len().wrapping_sub(1))];
    let mixed = (u32::from_le_bytes(some) ^ bytes.len() as u32).wrapping_mul(0x9e37_79b1);
    mixed as usize >> (32 - SLOTS.ilog2())
}
