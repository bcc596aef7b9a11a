/// Rows and columns as people read them: aligned on a terminal, or as a Markdown table.
struct TextTable {
    let head: [String]
    private let numbers: ClosedRange<Int>?
    private(set) var rows: [[String]] = []

    /// - Parameter numbers: the columns that are aligned to the right.
    init(_ head: [String], numbers: ClosedRange<Int>? = nil) {
        self.head = head
        self.numbers = numbers
    }

    func isNumber(_ column: Int) -> Bool { numbers?.contains(column) ?? false }

    mutating func add(_ row: [String]) { rows.append(row) }

    /// Columns two spaces apart.
    var text: String {
        let all = [head] + rows
        let widths = head.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { row in
            let cells = row.enumerated().map { column, cell in
                let space = String(repeating: " ", count: widths[column] - cell.count)
                return isNumber(column) ? space + cell : cell + space
            }
            return String(cells.joined(separator: "  ").reversed().drop { $0 == " " }.reversed())
        }.joined(separator: "\n")
    }

    /// A table of Markdown.
    var markdown: String {
        let marks = head.indices.map { isNumber($0) ? "---:" : "---" }
        return ([head, marks] + rows).map { row in
            "| " + row.map { $0.replacing("|", with: "\\|").replacing("\n", with: " ") }.joined(separator: " | ") + " |"
        }.joined(separator: "\n")
    }
}
