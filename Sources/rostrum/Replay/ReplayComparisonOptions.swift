import ArgumentParser
import RuleEngine
import WorkerSupport

/// What `rostrum replay --compare` takes beside the range.
struct ReplayComparisonOptions: ParsableArguments {
    enum Output: String, ExpressibleByArgument, CaseIterable {
        case text, json, html
    }

    @Option(
        help: ArgumentHelp(
            "With --compare: folder of the rules so far (default: rules.path of the settings).", valueName: "folder"),
        completion: .directory)
    var against: String?

    @Option(help: "With --compare: text, json or html.")
    var output: Output?

    @Option(
        help: ArgumentHelp(
            "With --compare: end with 3 when more documents change, such as 100 or 2%.", valueName: "limit"))
    var maxChanged: ChangeLimit?

    @Option(
        help: ArgumentHelp(
            "With --compare: end with 3 when more documents lose a topic, such as 10 or 0.5%.", valueName: "limit"))
    var maxLost: ChangeLimit?

    /// Refuses options that mean nothing without `--compare`.
    func refuseAlone() throws {
        let given = [
            ("--against", against != nil), ("--output", output != nil), ("--max-changed", maxChanged != nil),
            ("--max-lost", maxLost != nil),
        ].filter(\.1).map(\.0)
        guard given.isEmpty else { throw ValidationError("\(given[0]) goes with --compare") }
    }

    /// The limits that the report exceeds, in words.
    func exceeded(by report: ComparisonReport) -> [String] {
        let lost = report.documentsWithLoss
        return [
            ("--max-changed", maxChanged, report.documentsChanged, "changed"),
            ("--max-lost", maxLost, lost, "lost a topic"),
        ].compactMap { name, limit, count, what in
            guard let limit, limit.isExceeded(by: count, of: report.documentsRead) else { return nil }
            return "\(count) of \(report.documentsRead) documents \(what); \(name) allows \(limit)"
        }
    }
}

/// A number of documents, or a share of those compared.
enum ChangeLimit: ExpressibleByArgument, CustomStringConvertible {
    case documents(Int)
    case percent(Double)

    init?(argument: String) {
        if argument.hasSuffix("%") {
            guard let share = Double(argument.dropLast()), (0...100).contains(share) else { return nil }
            self = .percent(share)
        } else {
            guard let count = Int(argument), count >= 0 else { return nil }
            self = .documents(count)
        }
    }

    func isExceeded(by count: Int, of all: Int) -> Bool {
        switch self {
        case .documents(let limit): count > limit
        case .percent(let limit): Double(count) * 100 > limit * Double(all)
        }
    }

    var description: String {
        switch self {
        case .documents(let limit): "\(limit)"
        case .percent(let limit): "\(limit)%"
        }
    }
}
