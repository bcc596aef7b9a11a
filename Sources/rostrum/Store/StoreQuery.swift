import ArgumentParser
import EventStore
import Foundation
import Speeches
import StoreReports
import WorkerSupport

/// `rostrum store query …`
struct StoreQuery: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "query", abstract: "Answers questions about what is stored, in SQL or ready-made.",
        discussion: """
            Examples:
              rostrum store query topics --by month --topic drugs --topic fraud --plot
              rostrum store query speakers --from 2020 --output csv
              rostrum store query --sql "SELECT title, topic FROM current_topics WHERE prominence = 'focus'"

            Tables, views and columns are described in Sources/EventStore/README.md.
            """,
        subcommands: [
            StoreQuerySQL.self, StoreQueryTopics.self, StoreQuerySpeakers.self, StoreQueryPairs.self,
            StoreQueryQuotes.self, StoreQueryDocuments.self,
        ],
        defaultSubcommand: StoreQuerySQL.self)
}

/// How an answer is written.
struct AnswerOptions: ParsableArguments {
    enum Form: String, ExpressibleByArgument, CaseIterable {
        case table, csv, json
    }

    enum Plot: String, ExpressibleByArgument, CaseIterable {
        case terminal, svg
    }

    @Option(help: "table, csv (RFC 4180), or json (an object a line).")
    var output: Form = .table

    @Option(
        defaultAsFlag: .terminal,
        help: ArgumentHelp(
            "Draws the answer instead: in the terminal, or as SVG to standard output.", valueName: "terminal|svg"))
    var plot: Plot?

    @Option(help: ArgumentHelp("How long the question may take.", valueName: "seconds"))
    var secondsMax = 60

    @OptionGroup var store: StoreOptions

    func validate() throws {
        guard 1...86_400 ~= secondsMax else {
            throw ValidationError("--seconds-max is \(secondsMax); it must be from 1 to 86400")
        }
    }

    /// Asks and writes the answer.
    /// - Parameters:
    ///   - title: what a picture of it says it shows.
    ///   - hint: what to look at where there are no rows.
    func answer(_ question: StoreQuestion, title: String, hint: String = "") async throws {
        let (form, seconds) = (output, secondsMax)
        if let plot { return try await draw(question, as: plot, title: title) }
        let isEmpty = try await store.work(.read) { store in
            guard form != .table else {
                let answer = try store.ask(question, rowsMax: Self.tableRowsMax, secondsMax: seconds)
                StandardOutput.write(AnswerText.table(answer))
                if answer.isCut {
                    Program.say("the first \(Self.tableRowsMax) rows; --output csv or json gives all of them")
                }
                return answer.rows.isEmpty
            }
            return try Self.stream(question, store, form, seconds) == 0
        }
        if isEmpty { Program.say("no rows\(hint)") }
    }

    private static let tableRowsMax = 10_000

    /// Row by row, so that any number of them fits into memory.
    private static func stream(
        _ question: StoreQuestion, _ store: any EventStore, _ form: Form, _ seconds: Int
    ) throws -> Int {
        var names: [String] = []
        var count = 0
        var waiting = ""
        try store.ask(question, secondsMax: seconds) { columns in
            names = columns
            if form == .csv { waiting = AnswerText.csv(columns) }
        } row: { row in
            waiting += form == .csv ? AnswerText.csv(row.map(\.description)) : AnswerText.json(names, row) + "\n"
            count += 1
            if waiting.utf8.count > 65_536 {
                StandardOutput.write(waiting)
                waiting = ""
            }
            return true
        }
        StandardOutput.write(waiting)
        return count
    }

    private func draw(_ question: StoreQuestion, as plot: Plot, title: String) async throws {
        let seconds = secondsMax
        let answer = try await store.work(.read) { try $0.ask(question, secondsMax: seconds) }
        guard let chart = Chart(answer, title: title) else {
            throw ProgramFailure(
                .failed, code: "store.nothing_to_draw",
                answer.rows.isEmpty
                    ? "there are no rows to draw" : "the answer has no column of numbers to draw; ask for a count")
        }
        switch plot {
        case .terminal: StandardOutput.write(TerminalChart.draw(chart, columns: Self.terminalColumns))
        case .svg: StandardOutput.write(SVGChart.draw(chart))
        }
    }

    /// The terminal's width where it says, else 80 columns.
    private static var terminalColumns: Int {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }
}

/// Which documents a ready-made question is about.
struct QuestionFilter: ParsableArguments {
    @Option(help: ArgumentHelp("Only documents that treat this topic (its id); may be repeated.", valueName: "topic"))
    var topic: [String] = []

    @Option(help: ArgumentHelp("Only speakers whose name holds this.", valueName: "text"))
    var speaker: String?

    @Option(help: ArgumentHelp("Only speeches of this date or later: 2020, 2020-05 or 2020-05-17.", valueName: "date"))
    var from: String?

    @Option(help: ArgumentHelp("Only speeches of this date or earlier; 2020 means all of it.", valueName: "date"))
    var to: String?

    @Option(
        help: ArgumentHelp(
            "How many rows at most; else 50 pairs or quotes, 100 others, 10000 of topics by time or speaker.",
            valueName: "number"))
    var limit: Int?

    func validate() throws {
        for (name, date) in [("--from", from), ("--to", to)] {
            guard let date else { continue }
            guard date.wholeMatch(of: /\d{4}(-\d\d(-\d\d)?)?/) != nil, DeliveryDate(date) != nil else {
                throw ValidationError("\(name) is '\(date)'; write a year, month or day: 2020, 2020-05 or 2020-05-17")
            }
        }
        guard 1...1_000_000 ~= limit ?? 1 else {
            throw ValidationError("--limit is \(limit ?? 0); it must be from 1 to 1000000")
        }
    }

    /// What to look at where nothing fits.
    var hint: String {
        topic.isEmpty ? "" : "; 'rostrum store query topics' shows which topics are stored, by their ids"
    }

    func question(_ subject: ReadyQuestion.Subject, limit usual: Int) -> StoreQuestion {
        var filter = ReadyQuestion.Filter()
        filter.topics = topic
        filter.speaker = speaker
        filter.from = from
        filter.to = to
        return ReadyQuestion(subject, filter: filter, limit: limit ?? usual).question
    }
}

/// How topics are grouped, on a command line.
enum GroupingArgument: String, ExpressibleByArgument, CaseIterable {
    case topic, month, year, speaker

    var grouping: ReadyQuestion.Grouping {
        switch self {
        case .topic: .topic
        case .month: .month
        case .year: .year
        case .speaker: .speaker
        }
    }
}

/// `rostrum store query --sql …`
struct StoreQuerySQL: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sql", abstract: "Answers one statement in SQL, on a connection that cannot write.",
        discussion: """
            Example: rostrum store query --sql "SELECT topic, documents FROM topic_by_month WHERE delivered_month = '2022-05'"

            \(StoreCommand.codes)
            """)

    @Option(
        help: ArgumentHelp(
            "A SELECT, in the SQL of the store: SQLite's for files, PostgreSQL's own.", valueName: "statement"))
    var sql: String?

    /// What stands where a ready-made question's name would.
    @Argument(help: .hidden)
    var others: [String] = []

    @OptionGroup var form: AnswerOptions

    func validate() throws {
        let known = "topics, speakers, pairs, quotes and documents are ready-made, and --sql takes any other"
        if let other = others.first { throw ValidationError("there is no question '\(other)': \(known)") }
        if sql == nil { throw ValidationError("no question: \(known)") }
    }

    func run() async throws {
        let sql = sql ?? ""
        try await form.answer(StoreQuestion(sql: sql), title: sql)
    }
}

/// `rostrum store query topics`
struct StoreQueryTopics: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "topics", abstract: "Counts documents per topic: in all, by month, year or speaker.",
        discussion: """
            Example: rostrum store query topics --by year --topic drugs --plot svg > drugs.svg

            \(StoreCommand.codes)
            """)

    @Option(help: ArgumentHelp("topic, month, year or speaker.", valueName: "grouping"))
    var by: GroupingArgument = .topic

    @OptionGroup var filter: QuestionFilter
    @OptionGroup var form: AnswerOptions

    func run() async throws {
        try await form.answer(
            filter.question(.topics(by: by.grouping), limit: by == .topic ? 100 : 10_000),
            title: by == .topic ? "Speeches per topic" : "Speeches per topic by \(by.rawValue)",
            hint: filter.hint)
    }
}

/// `rostrum store query speakers`
struct StoreQuerySpeakers: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "speakers", abstract: "Counts documents and topics per speaker.",
        discussion: """
            Example: rostrum store query speakers --topic cyber-crime --limit 10

            \(StoreCommand.codes)
            """)

    @OptionGroup var filter: QuestionFilter
    @OptionGroup var form: AnswerOptions

    func run() async throws {
        try await form.answer(filter.question(.speakers, limit: 100), title: "Speeches per speaker", hint: filter.hint)
    }
}

/// `rostrum store query pairs`
struct StoreQueryPairs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pairs", abstract: "Counts documents that treat two topics.",
        discussion: """
            Example: rostrum store query pairs --topic drugs --plot

            \(StoreCommand.codes)
            """)

    @OptionGroup var filter: QuestionFilter
    @OptionGroup var form: AnswerOptions

    func run() async throws {
        try await form.answer(
            filter.question(.pairs, limit: 50), title: "Speeches that treat both topics", hint: filter.hint)
    }
}

/// `rostrum store query quotes`
struct StoreQueryQuotes: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quotes", abstract: "Shows the words that prove topics, the newest first.",
        discussion: """
            Example: rostrum store query quotes --topic modern-slavery --limit 20 --output json

            \(StoreCommand.codes)
            """)

    @OptionGroup var filter: QuestionFilter
    @OptionGroup var form: AnswerOptions

    func run() async throws {
        try await form.answer(filter.question(.quotes, limit: 50), title: "Quotes", hint: filter.hint)
    }
}

/// `rostrum store query documents`
struct StoreQueryDocuments: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "documents", abstract: "Lists documents, the newest first.",
        discussion: """
            Example: rostrum store query documents --speaker Malthouse --from 2022

            \(StoreCommand.codes)
            """)

    @OptionGroup var filter: QuestionFilter
    @OptionGroup var form: AnswerOptions

    func run() async throws {
        try await form.answer(filter.question(.documents, limit: 100), title: "Documents", hint: filter.hint)
    }
}
