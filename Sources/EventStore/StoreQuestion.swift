/// A question in SQL, with its parameters kept apart from it.
public struct StoreQuestion: Equatable, Sendable {
    /// A piece of SQL or a parameter.
    enum Piece: Equatable, Sendable {
        case sql(String)
        case parameter(StoreValue)
    }

    private(set) var pieces: [Piece] = []

    /// A question that a person wrote: one statement, no parameters.
    public init(sql: String) { pieces = [.sql(sql)] }

    /// Begins a question to be put together.
    public init() {}

    /// Adds SQL. Never anything that came from outside: that is a parameter.
    public mutating func add(_ sql: StaticString) { pieces.append(.sql("\(sql)")) }

    /// Adds a parameter.
    public mutating func add(parameter: StoreValue) { pieces.append(.parameter(parameter)) }

    /// The statement with a placeholder for each parameter, counted from 1.
    func statement(_ placeholder: (Int) -> String) -> (sql: String, parameters: [StoreValue]) {
        var sql = ""
        var parameters: [StoreValue] = []
        for piece in pieces {
            switch piece {
            case .sql(let text): sql += text
            case .parameter(let value):
                parameters.append(value)
                sql += placeholder(parameters.count)
            }
        }
        return (sql, parameters)
    }
}

/// A value in an answer.
public enum StoreValue: Equatable, Sendable {
    /// No value.
    case null
    /// A whole number.
    case integer(Int64)
    /// Any other number.
    case real(Double)
    /// A text.
    case text(String)

    /// The value for people and for CSV; empty for null.
    public var description: String {
        switch self {
        case .null: ""
        case .integer(let number): String(number)
        case .real(let number):
            number == number.rounded() && abs(number) < 1e15 ? String(Int64(number)) : String(number)
        case .text(let text): text
        }
    }

    /// The value as a number, where it is one.
    public var number: Double? {
        switch self {
        case .integer(let number): Double(number)
        case .real(let number): number
        case .null, .text: nil
        }
    }
}

/// An answer: rows under column names.
public struct StoreAnswer: Equatable, Sendable {
    /// The names.
    public var columns: [String]
    /// The rows; each has a value for every name.
    public var rows: [[StoreValue]]
    /// Whether there were more rows than were wanted.
    public var isCut: Bool

    /// Makes an answer.
    public init(columns: [String], rows: [[StoreValue]] = [], isCut: Bool = false) {
        self.columns = columns
        self.rows = rows
        self.isCut = isCut
    }
}
