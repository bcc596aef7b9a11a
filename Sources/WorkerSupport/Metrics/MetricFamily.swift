/// One metric that a program shows: its name, what it counts, its labels and how many series it may have. Everything that
/// anybody reads about metrics (the text of `/metrics`, the reference in the documentation) comes from these.
public struct MetricFamily: Sendable, Equatable {
    /// What kind of number it is.
    public enum Kind: String, Sendable, CaseIterable {
        /// Only rises, from 0 at the start of the program.
        case counter
        /// Rises and falls.
        case gauge
        /// Counts of observations by size.
        case histogram
    }

    /// Which programs show it.
    public enum Program: String, Sendable, CaseIterable, Comparable {
        /// `rostrum-producer`.
        case producer = "rostrum-producer"
        /// `rostrum-classifier`.
        case classifier = "rostrum-classifier"
        /// `rostrum-sink`.
        case sink = "rostrum-sink"

        /// In the order in which a speech meets them.
        public static func < (left: Program, right: Program) -> Bool {
            Program.allCases.firstIndex(of: left) ?? 0 < Program.allCases.firstIndex(of: right) ?? 0
        }
    }

    /// Its name, with the unit, as Prometheus wants it.
    public let name: String
    /// Counter, gauge or histogram.
    public let kind: Kind
    /// What it says, in a sentence.
    public let help: String
    /// The names of its labels.
    public let labels: [String]
    /// Upper bounds of a histogram's buckets, rising, without infinity.
    public let buckets: [Double]
    /// Series at most; what comes beyond is counted in one whose labels are all `other`.
    public let seriesMax: Int
    /// The programs that show it.
    public let programs: Set<Program>

    init(
        _ name: String, _ kind: Kind, _ help: String, labels: [String] = [], buckets: [Double] = [],
        seriesMax: Int = 100, of programs: Set<Program> = [.classifier, .sink]
    ) {
        self.name = name
        self.kind = kind
        self.help = help
        self.labels = labels
        self.buckets = buckets
        self.seriesMax = labels.isEmpty ? 1 : seriesMax
        self.programs = programs
    }
}
