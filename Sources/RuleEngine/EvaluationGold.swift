public import Foundation
public import Speeches

/// A document that people have labelled, for measuring a ruleset.
public struct GoldDocument: Sendable {
    /// The text to classify.
    public let speech: Speech
    /// Its labels; nil where nobody looked for topics.
    public let labels: Set<String>?
    /// Whether it is about crime policy; nil where nobody said.
    public let crimePolicy: Bool?
    /// Documents of one group share text (versions of a bill): they stand in the same half and are drawn together.
    public let group: String
    /// Labels that only say what must be found: what is not labelled may be there all the same.
    public let isWeak: Bool

    /// Which half of the data the document belongs to, fixed by its group.
    public var half: GoldHalf {
        let first = Digest.md5(group)[0] >> 4
        return first % 2 == 0 ? .tune : .check
    }
}

/// Labelled data is split by group: rules are written on one half and measured on the other.
public enum GoldHalf: String, Sendable, CaseIterable, Encodable {
    /// MD5 of the group begins with an even hexadecimal digit: read its errors, write rules.
    case tune
    /// The others: never read, only measured.
    case check
    /// Both.
    case all
}

/// How labelled documents are written, one JSON object a line.
public enum GoldFormat: String, Sendable, CaseIterable {
    /// Ours: `id`, `text`, and as far as known `title`, `topics` (ids of the ruleset), `crime_policy`, `group`,
    /// `indexed` (false where nobody looked for topics), `weak` (labels say only what must be found).
    case rostrum
    /// Summaries of bills with the subject terms of the Congressional Research Service: `subjects_indexed`, labels
    /// `crs-subj:…`, `crime_policy`, `group`.
    case crs
    /// Titles with major topics of the Comparative Agendas Project: the label `cap:12` is law and crime.
    case cap
    /// Parliamentary questions with weak labels `weak-title:…`.
    case questions
}

/// Why a file of labelled documents cannot be used.
public struct GoldError: Error, Sendable, CustomStringConvertible {
    /// Always `evaluation.gold`.
    public let code = "evaluation.gold"
    /// The file and line, what is wrong there, what is allowed.
    public let description: String
}

/// Reads labelled documents.
public struct GoldReader: Sendable {
    private let format: GoldFormat
    private let labelsBySubject: [String: [String]]

    /// - Parameter subjects: subject terms by label, which replace the labels in a file of format `crs`; empty to take
    ///   its `topics`.
    public init(_ format: GoldFormat, subjects: [String: [String]] = [:]) {
        self.format = format
        var labels: [String: [String]] = [:]
        for (label, terms) in subjects { for term in terms { labels[term, default: []].append(label) } }
        labelsBySubject = labels
    }

    /// Reads subject terms by label: a JSON object of arrays of strings.
    public static func subjects(_ json: Data, path: String) throws(GoldError) -> [String: [String]] {
        do {
            return try JSONDecoder().decode([String: [String]].self, from: json)
        } catch {
            throw GoldError(
                description:
                    "\(path): not a topic map; write a JSON object with an array of subject terms for each label")
        }
    }

    /// Reads JSON lines; blank lines are skipped.
    public func read(_ data: Data, path: String) throws(GoldError) -> [GoldDocument] {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        var documents: [GoldDocument] = []
        for (index, line) in data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            if line.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\t") }) {
                continue
            }
            do {
                documents.append(document(try decoder.decode(GoldLine.self, from: line)))
            } catch {
                throw GoldError(
                    description: "\(path):\(index + 1): not a labelled document; each line must be a JSON object with "
                        + "'id' and 'text' and the members of format '\(format.rawValue)' (rules evaluate --help)")
            }
        }
        return documents
    }

    private func document(_ line: GoldLine) -> GoldDocument {
        let speech = Speech(
            id: SpeechID(line.id), title: TextNormalisation.optionalLine(line.title),
            body: TextNormalisation.paragraphs(line.text), language: "en")
        let labels = line.labels ?? []
        switch format {
        case .rostrum:
            return GoldDocument(
                speech: speech, labels: line.indexed == false ? nil : line.topics.map(Set.init),
                crimePolicy: line.crimePolicy, group: line.group ?? line.id, isWeak: line.weak ?? false)
        case .crs:
            let subjects = labels.compactMap { $0.hasPrefix("crs-subj:") ? String($0.dropFirst(9)) : nil }
            let mapped =
                labelsBySubject.isEmpty ? line.topics ?? [] : subjects.flatMap { labelsBySubject[$0] ?? [] }
            return GoldDocument(
                speech: speech, labels: line.subjectsIndexed == true ? Set(mapped) : nil,
                crimePolicy: line.crimePolicy, group: line.group ?? line.id, isWeak: false)
        case .cap:
            return GoldDocument(
                speech: speech, labels: nil, crimePolicy: labels.contains("cap:12"), group: line.id, isWeak: false)
        case .questions:
            let weak = labels.compactMap { $0.hasPrefix("weak-title:") ? String($0.dropFirst(11)) : nil }
            return GoldDocument(
                speech: speech, labels: Set(weak), crimePolicy: labels.isEmpty ? nil : true, group: line.id,
                isWeak: true)
        }
    }
}

/// One line of any of the formats, with the names that the files use.
private struct GoldLine: Decodable {
    let id: String
    let title: String?
    let text: String
    let topics: [String]?
    let labels: [String]?
    let crimePolicy: Bool?
    let group: String?
    let indexed: Bool?
    let weak: Bool?
    let subjectsIndexed: Bool?
}
