//! The cheapest assignment of rows to columns: the Hungarian method with shortest augmenting
//! paths, as Jonker and Volgenant have it (git's `linear-assignment.c` does the same).
//!
//! What things cost, and that a row may stay without a column, is left to the caller.

/// A cost that no assignment should have.
pub(super) const FORBIDDEN: i64 = 1 << 40;

/// For each row the column it is given, each column at most once, at the lowest sum of
/// `cost(row, column)`. There must be as many columns as rows at least. Costs stay below
/// [`FORBIDDEN`] in amount. Takes rows² × columns steps; of several assignments of one cost
/// always the same is given.
pub(super) fn assign(
    rows: usize,
    columns: usize,
    cost: impl Fn(usize, usize) -> i64,
) -> Vec<usize> {
    debug_assert!(rows <= columns);
    let mut state = State {
        of_row: vec![0; rows + 1],
        of_column: vec![0; columns + 1],
        row_at: vec![0; columns + 1],
        way: vec![0; columns + 1],
    };
    for row in 1..=rows {
        state.row_at[0] = row;
        let free = state.path(&cost);
        state.augment(free);
    }
    let mut given = vec![0; rows];
    for (column, &row) in state.row_at.iter().enumerate().skip(1) {
        if row > 0 {
            given[row - 1] = column - 1;
        }
    }
    given
}

/// Rows and columns count from 1; 0 stands for none.
struct State {
    /// Potential of each row.
    of_row: Vec<i64>,
    /// Potential of each column.
    of_column: Vec<i64>,
    /// The row each column is given to.
    row_at: Vec<usize>,
    /// The column before each on the shortest path.
    way: Vec<usize>,
}

impl State {
    /// Finds the shortest path from the row at column 0 to a free column; gives that column.
    fn path(&mut self, cost: &impl Fn(usize, usize) -> i64) -> usize {
        let columns = self.row_at.len();
        let mut least = vec![i64::MAX; columns];
        let mut used = vec![false; columns];
        let mut at = 0;
        loop {
            used[at] = true;
            let row = self.row_at[at];
            let (mut delta, mut next) = (i64::MAX, 0);
            for column in (1..columns).filter(|&c| !used[c]) {
                let reduced = cost(row - 1, column - 1) - self.of_row[row] - self.of_column[column];
                if reduced < least[column] {
                    (least[column], self.way[column]) = (reduced, at);
                }
                if least[column] < delta {
                    (delta, next) = (least[column], column);
                }
            }
            self.shift(delta, &used, &mut least);
            at = next;
            if self.row_at[at] == 0 {
                return at;
            }
        }
    }

    fn shift(&mut self, delta: i64, used: &[bool], least: &mut [i64]) {
        for (column, &used) in used.iter().enumerate() {
            if used {
                self.of_row[self.row_at[column]] += delta;
                self.of_column[column] -= delta;
            } else if column > 0 {
                least[column] -= delta;
            }
        }
    }

    /// Gives each column on the path to the row of the one before it.
    fn augment(&mut self, free: usize) {
        let mut at = free;
        while at > 0 {
            let before = self.way[at];
            self.row_at[at] = self.row_at[before];
            at = before;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The lowest sum, by trying all of them.
    fn lowest(costs: &[Vec<i64>], row: usize, taken: u32) -> i64 {
        let Some(costs_of_row) = costs.get(row) else { return 0 };
        let free = (0..costs_of_row.len()).filter(|column| taken & (1 << column) == 0);
        let sum =
            free.map(|column| costs_of_row[column] + lowest(costs, row + 1, taken | 1 << column));
        sum.min().unwrap_or(0)
    }

    fn costs() -> impl Strategy<Value = Vec<Vec<i64>>> {
        (0usize..6, 0usize..3).prop_flat_map(|(rows, more)| {
            prop::collection::vec(prop::collection::vec(-9i64..30, rows + more), rows)
        })
    }

    proptest! {
        #[test]
        fn no_assignment_is_cheaper(costs in costs()) {
            let columns = costs.first().map_or(0, Vec::len);
            let given = assign(costs.len(), columns, |row, column| costs[row][column]);
            let sum: i64 = given.iter().enumerate().map(|(row, &column)| costs[row][column]).sum();
            prop_assert_eq!(sum, lowest(&costs, 0, 0));
            let mut columns = given;
            columns.sort_unstable();
            columns.dedup();
            prop_assert_eq!(columns.len(), costs.len());
        }
    }
}
