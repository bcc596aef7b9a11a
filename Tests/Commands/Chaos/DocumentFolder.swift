/// A folder of speeches that differ, each with a topic.
struct DocumentFolder {
    private static let passages = [
        "Drug trafficking is a threat to every town.", "Modern slavery has no place among us.",
        "Cyber crime rose again last year.", "We will strengthen the use of digital evidence.",
        "Anti-corruption work goes on.",
    ]

    let count: Int
    private let folder: TemporaryFolder
    var path: String { folder.path }

    /// Writes them; no two names make the same documents.
    init(_ count: Int, named name: String) throws {
        self.count = count
        folder = try TemporaryFolder()
        for index in 0..<count {
            let id = "\(name)-\(index)"
            let passage = Self.passages[index % Self.passages.count]
            try folder.write(
                "Speech number \(id)\n\nThis is speech \(id). \(passage)\n\nThank you.", to: "speech-\(id).txt")
        }
    }
}
