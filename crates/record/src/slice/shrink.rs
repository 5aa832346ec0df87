//! Leaves out pieces as long as nothing that matters changes.

use super::choice::{Choice, Mark};
use super::pieces::Pieces;

/// Pieces that may be replayed in all before the trying ends: some ten seconds' work.
const BUDGET: u64 = 20_000_000;

/// Leaves out what can be left out: first in large parts, of which most go at once, then in ever smaller ones. What is left is the same for the
/// same capture and choice; it is not the least that there is, but no single piece of it can go (unless the budget is used up).
pub(super) fn shrink(pieces: Pieces, choice: &mut Choice, wanted: &[Mark]) -> Pieces {
    let mut left_out = vec![false; pieces.0.len()];
    let mut spare: Vec<usize> =
        pieces.0.iter().enumerate().filter(|(_, piece)| piece.is_spare()).map(|(index, _)| index).collect();
    let mut staying = pieces.0.len() as u64;
    let mut budget = BUDGET;
    let mut size = spare.len();
    while size > 0 {
        let mut kept = Vec::with_capacity(spare.len());
        for part in spare.chunks(size) {
            set(&mut left_out, part, true);
            let affordable = budget >= staying;
            budget = budget.saturating_sub(staying);
            if affordable && choice.still(pieces.without(&left_out), wanted) {
                staying -= part.len() as u64;
            } else {
                set(&mut left_out, part, false);
                kept.extend_from_slice(part);
            }
        }
        // At the size of one, what went may let others go.
        let again = size == 1 && kept.len() < spare.len() && budget > 0;
        spare = kept;
        size = if again { 1 } else { (size / 2).min(spare.len()) };
    }
    let mut index = 0;
    let mut kept = pieces;
    kept.0.retain(|_| {
        index += 1;
        !left_out.get(index - 1).copied().unwrap_or(false)
    });
    kept
}

fn set(left_out: &mut [bool], part: &[usize], value: bool) {
    for &index in part {
        if let Some(place) = left_out.get_mut(index) {
            *place = value;
        }
    }
}
