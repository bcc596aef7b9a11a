internal import Speeches

/// What one file says, read but not yet compared with the other files.
struct RulesetManifest {
    let name: String
    let version: String
    let description: String?
    let supporting: [(id: String, range: SourceRange)]
    let shared: [(id: String, range: SourceRange)]
    let otherSubjects: [Query]
    let otherSubjectsRange: SourceRange
    let path: String
    let range: SourceRange
}

struct NamedList {
    let name: String
    let queries: [Query]
    let range: SourceRange
}

/// Queries of a rule, a filter or a file as written, lists not filled in.
public struct WrittenQueries: Sendable {
    /// What is evidence.
    public internal(set) var find: [Query] = []
    /// An occurrence inside one of these is no evidence.
    public internal(set) var notInside: [Query] = []
    /// A document with one of these gets no evidence.
    public internal(set) var notDocument: [Query] = []

    /// All of them.
    var all: [Query] { find + notInside + notDocument }
}

struct FileRule {
    /// Empty where the file gives none.
    let id: String
    let weight: Int
    let status: RuleStatus
    let description: String?
    let written: WrittenQueries
    let conditions: DocumentConditions
    let winsOver: FileOutranking
    let examples: [RuleExample]
    let references: [String]
    let allowances: [LintAllowance]
    let range: SourceRange
}

/// The topics that a rule says it wins over, as its file names them.
struct FileOutranking {
    let topics: [(id: String, range: SourceRange)]

    var isAll: Bool { topics.map(\.id) == ["all"] }

    var checked: OutrankedTopics {
        topics.isEmpty ? .none : isAll ? .all : .some(Set(topics.map { TopicID($0.id) }))
    }
}

struct FileTopic {
    /// Empty where the file gives none.
    let id: String
    let label: String
    let description: String
    let scopeNote: String?
    let codes: [String: [String]]
    let written: WrittenQueries
    let rules: [FileRule]
    let examples: [TopicExample]
    let range: SourceRange
}

struct FileFilter {
    /// Empty where the file gives none.
    let id: String
    let description: String?
    /// nil for all.
    let topics: [(id: String, range: SourceRange)]?
    let written: WrittenQueries
    let range: SourceRange
}

/// One rule file, read.
struct RuleFile {
    let source: RuleText
    var manifest: RulesetManifest?
    var topic: FileTopic?
    var lists: [NamedList] = []
    var filters: [FileFilter] = []
    /// Lints that are wrong in the whole file.
    var allowances: [LintAllowance] = []
}

/// Reads one file's YAML into a `RuleFile`, noting every problem on the way.
struct RuleFileReader {
    static let manifestKeys: Set<String> = [
        "ruleset", "version", "description", "supporting", "shared", "other_subjects", "lists", "filters", "allow",
    ]
    static let topicKeys: Set<String> = [
        "topic", "label", "description", "scope_note", "codes", "lists", "not_inside", "not_document", "rules",
        "examples", "allow",
    ]
    static let sharedKeys: Set<String> = ["lists", "filters", "description", "allow"]
    static let filterKeys: Set<String> = ["id", "description", "applies_to", "not_inside", "not_document"]

    /// - Returns: nil where nothing can be made of the file.
    static func read(_ source: RuleText, _ bag: inout DiagnosticBag) -> RuleFile? {
        guard let root = YAMLFile.read(source, &bag) else {
            bag.noteUnreadFile()
            return nil
        }
        let keys = Set((root.members ?? []).compactMap(\.key.string))
        var file = RuleFile(source: source)
        if keys.contains("topic") || keys.contains("rules") {
            guard let members = MemberReader(root, what: "a topic file", keys: topicKeys, &bag) else { return nil }
            file.topic = TopicReader(members).topic(&bag)
            file.lists = readLists(members, &bag)
            file.allowances = readAllowances(members, &bag)
        } else if keys.contains("ruleset") {
            guard let members = MemberReader(root, what: "a ruleset file", keys: manifestKeys, &bag) else { return nil }
            file.manifest = readManifest(members, &bag)
            readShared(members, into: &file, &bag)
        } else if !keys.isDisjoint(with: sharedKeys) {
            guard let members = MemberReader(root, what: "a file of lists and filters", keys: sharedKeys, &bag) else {
                return nil
            }
            readShared(members, into: &file, &bag)
        } else {
            bag.noteUnreadFile()
            bag.add(
                Diagnostic(
                    .unrecognisedFile, path: source.path, range: SourceRange(line: 1, column: 1),
                    "the file is neither a topic, nor a ruleset, nor lists or filters",
                    cure: "give it a key 'topic:', 'ruleset:', 'lists:' or 'filters:'"))
            return nil
        }
        return file
    }

    private static func readShared(_ members: MemberReader, into file: inout RuleFile, _ bag: inout DiagnosticBag) {
        file.lists = readLists(members, &bag)
        file.filters = members.mappings("filters", of: "filter", &bag).compactMap { readFilter($0, &bag) }
        file.allowances = readAllowances(members, &bag)
    }

    private static func readManifest(_ members: MemberReader, _ bag: inout DiagnosticBag) -> RulesetManifest {
        let name = members.requiredText("ruleset", &bag)
        let version = members.requiredText("version", &bag)
        if let version, !SemanticVersion.isValid(version) {
            members.report(
                .invalidVersion, members.range(of: "version"), "'\(version.quotable)' is no semantic version",
                cure: "write three numbers, such as 1.0.0", &bag)
        }
        return RulesetManifest(
            name: name ?? "", version: version ?? "", description: members.text("description", &bag),
            supporting: readTopics("supporting", members, &bag), shared: readTopics("shared", members, &bag),
            otherSubjects: members.queries("other_subjects", &bag),
            otherSubjectsRange: members.range(of: "other_subjects"), path: members.source.path,
            range: members.range(of: "ruleset"))
    }

    private static func readTopics(
        _ key: String, _ members: MemberReader, _ bag: inout DiagnosticBag
    ) -> [(id: String, range: SourceRange)] {
        guard let value = members[key] else { return [] }
        var topics: [(id: String, range: SourceRange)] = []
        for element in value.elements ?? [value] {
            if let id = element.string, !id.isEmpty {
                topics.append((id, element.range))
            } else {
                members.wrongType(element, key, "a list of topics", cure: "write '\(key): [topic, another]'", &bag)
            }
        }
        return topics
    }

    private static func readLists(_ members: MemberReader, _ bag: inout DiagnosticBag) -> [NamedList] {
        members.entries("lists", holding: "names to queries", &bag).map { key, value in
            let name = key.string ?? ""
            Identifier.check(name, "a list's name", at: key, &bag)
            return NamedList(name: name, queries: MemberReader.queries(of: value, name, &bag), range: key.range)
        }
    }

    private static func readFilter(_ node: YAMLNode, _ bag: inout DiagnosticBag) -> FileFilter? {
        guard let filter = MemberReader(node, what: "a filter", keys: filterKeys, &bag) else { return nil }
        let id = filter.requiredText("id", &bag)
        if let id { Identifier.check(id, "a filter's id", at: filter["id"]!, &bag) }
        if filter["applies_to"] == nil { filter.missing("applies_to", &bag) }
        let names = filter.texts("applies_to", &bag)
        let topics = zip(names, (filter["applies_to"]?.elements ?? []).map(\.range)).map { (id: $0, range: $1) }
        if filter["not_inside"] == nil, filter["not_document"] == nil { filter.missing("not_inside", &bag) }
        return FileFilter(
            id: id ?? "", description: filter.text("description", &bag), topics: names == ["all"] ? nil : topics,
            written: WrittenQueries(
                notInside: filter.queries("not_inside", &bag), notDocument: filter.queries("not_document", &bag)),
            range: filter.range(of: "id"))
    }

    static func readAllowances(_ members: MemberReader, _ bag: inout DiagnosticBag) -> [LintAllowance] {
        let ranges = (members["allow"]?.elements ?? []).map(\.range)
        return zip(members.texts("allow", &bag), ranges).compactMap { text, range in
            if let code = DiagnosticCode(rawValue: text), code.isLint {
                return LintAllowance(code: code, path: members.source.path, range: range)
            }
            members.report(
                .unknownDiagnosticCode, range, "'\(text.quotable)' is no lint that could be allowed",
                cure: "name lints by their codes, such as L006", &bag)
            return nil
        }
    }
}

/// What names may look like.
enum Identifier {
    /// Notes a diagnostic if `id` cannot be a name.
    static func check(_ id: String, _ what: String, at node: YAMLNode, _ bag: inout DiagnosticBag) {
        let scalars = id.unicodeScalars
        let isLetter = scalars.first.map { ("a"..."z").contains($0) } ?? false
        let allowed = scalars.allSatisfy { scalar in
            ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar) || "-._".unicodeScalars.contains(scalar)
        }
        if isLetter, allowed, scalars.count <= 100 { return }
        bag.add(
            Diagnostic(
                .invalidIdentifier, path: node.source.path, range: node.range, "'\(id.quotable)' cannot be \(what)",
                cure: "use lower-case letters, digits, hyphens and dots, a letter first, at most 100"))
    }

    /// The last part of an id as a name: what a rule's id may have been meant to end with.
    static func made(of id: String) -> String {
        let last = id.split(separator: ".").last.map(String.init) ?? ""
        let parts = last.prefix(100).lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
        return parts.isEmpty ? "name" : parts.joined(separator: "-")
    }
}

/// Versions as semver.org defines them.
enum SemanticVersion {
    static func isValid(_ text: String) -> Bool {
        let core = text.prefix { $0 != "-" && $0 != "+" }
        let numbers = core.split(separator: ".", omittingEmptySubsequences: false)
        guard numbers.count == 3, numbers.allSatisfy(isNumber) else { return false }
        let rest = text.dropFirst(core.count)
        let build = rest.firstIndex(of: "+").map { rest[$0...] } ?? ""
        let preRelease = rest.prefix(rest.count - build.count)
        return [preRelease, build].allSatisfy { part in
            part.isEmpty || part.dropFirst().split(separator: ".", omittingEmptySubsequences: false).allSatisfy(isLabel)
        }
    }

    private static func isNumber(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) } && (text == "0" || text.first != "0")
    }

    private static func isLabel(_ text: Substring) -> Bool {
        !text.isEmpty && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
    }
}
