//! The long form of a figure: the same numbers in rows.

/// Rows of text under headings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    pub headings: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    pub fn new<'a>(headings: impl IntoIterator<Item = &'a str>) -> Self {
        let headings = headings.into_iter().map(str::to_owned).collect();
        Self { headings, rows: Vec::new() }
    }

    /// Comma-separated values as RFC 4180 has them.
    pub fn csv(&self) -> String {
        let line = |cells: &Vec<String>| {
            let cells: Vec<String> = cells.iter().map(|it| quoted(it)).collect();
            cells.join(",") + "\r\n"
        };
        std::iter::once(&self.headings).chain(&self.rows).map(line).collect()
    }
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        // A plain minus, so that a spreadsheet reads numbers.
        cell.replace('−', "-")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_and_quotes_are_kept_apart() {
        let mut table = Table::new(["token", "weight"]);
        table.rows.push(vec![",".into(), "−0.5".into()]);
        table.rows.push(vec!["\"".into(), "1".into()]);
        assert_eq!(table.csv(), "token,weight\r\n\",\",-0.5\r\n\"\"\"\",1\r\n");
    }
}
