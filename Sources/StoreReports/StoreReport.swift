public import EventStore

/// What a report shows of a store: the answers to a few questions, of one ruleset.
public struct StoreReport: Sendable {
    let ruleset: StoredRuleset?
    let facts: [StoreValue]
    let topics: StoreAnswer
    let overTime: StoreAnswer
    let period: ReadyQuestion.Grouping
    let speakers: StoreAnswer
    let speakerTopics: StoreAnswer
    let pairs: StoreAnswer
    let quotes: StoreAnswer

    /// The most topics, speakers, pairs and quotes that the charts and lists show.
    static let topicsMax = 12
    static let speakersMax = 15
    static let pairsMax = 40
    static let quotesMax = 30
    static let quotesPerDocumentMax = 3
    /// The most rows of a table behind a chart.
    static let tableRowsMax = 200
    /// Speeches over more years than this are counted by year, else by month.
    private static let yearsByMonthMax = 4

    /// Asks the store. Where another ruleset is promoted meanwhile, it asks again.
    /// - Parameter secondsMax: how long each question may take.
    /// - Throws: `StoreError`.
    public init(_ store: any EventStore, secondsMax: Int) throws(StoreError) {
        var attempts = 0
        while true {
            let before = try store.rulesets().first(where: \.isCurrent)
            let report = try Self(store, ruleset: before, secondsMax: secondsMax)
            let after = try store.rulesets().first(where: \.isCurrent)
            attempts += 1
            if before?.digest == after?.digest || attempts == 5 {
                self = report
                return
            }
        }
    }

    private init(_ store: any EventStore, ruleset: StoredRuleset?, secondsMax: Int) throws(StoreError) {
        func ask(_ question: StoreQuestion) throws(StoreError) -> StoreAnswer {
            try store.ask(question, secondsMax: secondsMax)
        }
        self.ruleset = ruleset
        facts = try ask(Self.factsQuestion).rows.first ?? []
        topics = try ask(ReadyQuestion(.topics(by: .topic), limit: Self.tableRowsMax).question)
        var filter = ReadyQuestion.Filter()
        filter.topics = topics.rows.prefix(Self.topicsMax).map { $0[0].description }
        period = Self.period(from: facts)
        overTime = try ask(ReadyQuestion(.topics(by: period), filter: filter, limit: 100_000).question)
        speakers = try ask(ReadyQuestion(.speakers, limit: Self.speakersMax).question)
        speakerTopics = try ask(ReadyQuestion(.topics(by: .speaker), filter: filter, limit: 1_000_000).question)
        pairs = try ask(ReadyQuestion(.pairs, limit: 10_000).question)
        quotes = try ask(ReadyQuestion(.quotes, limit: 3_000).question)
    }

    private static var factsQuestion: StoreQuestion {
        StoreQuestion(
            sql: """
                SELECT count(*), coalesce(sum(crime_policy), 0), count(DISTINCT speaker_key), min(delivered_year),
                    max(delivered_year), (SELECT count(DISTINCT topic_id) FROM current_topics), max(delivered_on)
                FROM current_documents
                """)
    }

    private static func period(from facts: [StoreValue]) -> ReadyQuestion.Grouping {
        guard facts.count > 4, let first = Int(facts[3].description), let last = Int(facts[4].description) else {
            return .year
        }
        return last - first >= yearsByMonthMax ? .year : .month
    }
}
