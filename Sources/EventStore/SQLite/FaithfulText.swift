internal import Foundation
internal import GRDB

/// Texts to and from SQLite with every byte kept.
///
/// GRDB binds and reads strings up to their first NUL, as C does. An event may hold a NUL (`\\u0000` is a valid JSON
/// escape), so such a text goes in as bytes, `slot` makes it TEXT again, and texts come out by their length.
enum FaithfulText {
    /// The place of a text in an SQL statement.
    static let slot = "CAST(? AS TEXT)"

    /// A text as the argument of a `slot`.
    static func argument(_ text: String?) -> DatabaseValue {
        guard let text else { return .null }
        return text.utf8.contains(0) ? Data(text.utf8).databaseValue : text.databaseValue
    }
}

extension Row {
    /// The text of a column, nil where it is NULL. The row must come from a cursor, not be a copy.
    func text(_ column: Int) throws -> String? {
        guard !hasNull(atIndex: column) else { return nil }
        return try withUnsafeData(atIndex: column) { bytes in
            bytes.map { String(decoding: $0, as: UTF8.self) } ?? ""
        }
    }
}
