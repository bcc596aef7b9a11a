internal import Speeches

/// The last revision published of each document, for the documents that came last: by hashes of 64 bits, in two
/// generations of which the older is forgotten as a whole when the younger is full.
struct RecentRevisions {
    /// Documents of a generation: half a million take about 20 MB, so both at most 40 MB.
    static let generationMax = 500_000

    private let generationMax: Int
    private var young: [Int: Int] = [:]
    private var old: [Int: Int] = [:]

    init(generationMax: Int = Self.generationMax) { self.generationMax = generationMax }

    /// Whether this revision was the document's last; nil stands for its withdrawal.
    func isLast(_ revision: Revision?, of id: SpeechID) -> Bool {
        (young[id.hashValue] ?? old[id.hashValue]) == revision.hashValue
    }

    /// Notes a document's last revision.
    mutating func note(_ revision: Revision?, of id: SpeechID) {
        if young.count >= generationMax, young[id.hashValue] == nil { (old, young) = (young, [:]) }
        young[id.hashValue] = revision.hashValue
    }

    /// Forgets a revision that was noted and not published after all.
    mutating func forget(_ revision: Revision?, of id: SpeechID) {
        guard isLast(revision, of: id) else { return }
        young[id.hashValue] = nil
        old[id.hashValue] = nil
    }
}
