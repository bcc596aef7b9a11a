internal import Speeches

/// What one file says, read but not yet compared with the other files.
struct RulesetManifest {
    let name: String
    let version: String
    let description: String?
    let supporting: [(id: String, range: SourceRange)]
    let path: String
    let range: SourceRange
}

struct NamedList {
    let name: String
    let queries: [Query]
    let path: String
    let range: SourceRange
}

struct FileRule {
    let id: String
    let weight: Int
    let status: RuleStatus
    let description: String?
    let find: [Query]
    let notInside: [Query]
    let notDocument: [Query]
    let conditions: DocumentConditions
    let examples: [RuleExample]
    let references: [String]
    let allowed: Set<DiagnosticCode>
    let range: SourceRange
}

struct FileTopic {
    let id: String
    let label: String
    let description: String
    let scopeNote: String?
    let codes: [String: [String]]
    let notInside: [Query]
    let notDocument: [Query]
    let rules: [FileRule]
    let examples: [TopicExample]
    let allowed: Set<DiagnosticCode>
    let range: SourceRange
}

struct FileFilter {
    let id: String
    let description: String?
    /// nil for all.
    let topics: [String]?
    let notInside: [Query]
    let notDocument: [Query]
    let range: SourceRange
}

/// One rule file, read.
struct RuleFile {
    let source: RuleText
    var manifest: RulesetManifest?
    var topic: FileTopic?
    var lists: [NamedList] = []
    var filters: [FileFilter] = []
}

/// Reads one file's YAML into a `RuleFile`, noting every problem on the way.
struct RuleFileReader {
    private static let manifestKeys: Set<String> = ["ruleset", "version", "description", "supporting", "lists", "filters"]
    private static let topicKeys: Set<String> = [
        "topic", "label", "description", "scope_note", "codes", "lists", "not_inside", "not_document", "rules",
        "examples", "allow",
    ]
    private static let sharedKeys: Set<String> = ["lists", "filters", "description"]
    private static let ruleKeys: Set<String> = [
        "id", "weight", "status", "description", "find", "not_inside", "not_document", "when", "examples", "references",
        "allow",
    ]

    static func read(_ source: RuleText, _ bag: inout DiagnosticBag) -> RuleFile? {
        guard let root = YAMLFile.read(source, &bag) else { return nil }
        let keys = Set((root.members ?? []).compactMap(\.key.string))
        var file = RuleFile(source: source)
        if keys.contains("topic") || keys.contains("rules") {
            guard let members = MemberReader(root, what: "a topic file", keys: topicKeys, &bag) else { return nil }
            file.topic = readTopic(members, &bag)
            file.lists = readLists(members, &bag)
        } else if keys.contains("ruleset") {
            guard let members = MemberReader(root, what: "a ruleset file", keys: manifestKeys, &bag) else { return nil }
            file.manifest = readManifest(members, &bag)
            file.lists = readLists(members, &bag)
            file.filters = readFilters(members, &bag)
        } else if !keys.isDisjoint(with: sharedKeys) {
            guard let members = MemberReader(root, what: "a file of lists and filters", keys: sharedKeys, &bag) else {
                return nil
            }
            file.lists = readLists(members, &bag)
            file.filters = readFilters(members, &bag)
        } else {
            bag.add(
                Diagnostic(
                    .unrecognisedFile, path: source.path, range: SourceRange(line: 1, column: 1),
                    "neither a topic, nor a ruleset, nor lists or filters",
                    cure: "begin the file with 'topic:', 'ruleset:', 'lists:' or 'filters:'"))
            return nil
        }
        return file
    }

    private static func readManifest(_ members: MemberReader, _ bag: inout DiagnosticBag) -> RulesetManifest? {
        let name = members.requiredText("ruleset", &bag)
        let version = members.requiredText("version", &bag)
        let supporting = (members["supporting"]?.elements ?? []).compactMap { node in
            node.string.map { (id: $0, range: node.range) }
        }
        if let version, version.split(separator: ".", omittingEmptySubsequences: false).compactMap({ Int($0) }).count != 3 {
            bag.add(
                Diagnostic(
                    .invalidVersion, path: members.source.path, range: members["version"]!.range,
                    "'\(version)' is no semantic version", cure: "write three numbers, such as 1.0.0"))
        }
        guard let name, let version else { return nil }
        return RulesetManifest(
            name: name, version: version, description: members.text("description", &bag), supporting: supporting,
            path: members.source.path, range: members["ruleset"]!.range)
    }

    private static func readLists(_ members: MemberReader, _ bag: inout DiagnosticBag) -> [NamedList] {
        guard let node = members["lists"] else { return [] }
        guard let entries = node.members else {
            members.wrongType(node, "lists", "a mapping of names to queries", &bag)
            return []
        }
        return entries.compactMap { key, value in
            guard let name = key.string, let text = value.embeddedText else {
                members.wrongType(value, key.string ?? "lists", "a text of queries", &bag)
                return nil
            }
            checkIdentifier(name, what: "a list's name", at: key, &bag)
            let queries = MemberReader.parse(text, key: name, at: value, &bag)
            return NamedList(name: name, queries: queries, path: members.source.path, range: key.range)
        }
    }

    private static func readFilters(_ members: MemberReader, _ bag: inout DiagnosticBag) -> [FileFilter] {
        guard let node = members["filters"] else { return [] }
        let keys: Set<String> = ["id", "description", "applies_to", "not_inside", "not_document"]
        return (node.elements ?? []).compactMap { element in
            guard let filter = MemberReader(element, what: "a filter", keys: keys, &bag),
                let id = filter.requiredText("id", &bag)
            else { return nil }
            checkIdentifier(id, what: "a filter's id", at: filter["id"]!, &bag)
            let topics = filter.texts("applies_to", &bag)
            if topics.isEmpty { filter.missing("applies_to", &bag) }
            if filter["not_inside"] == nil, filter["not_document"] == nil { filter.missing("not_inside", &bag) }
            return FileFilter(
                id: id, description: filter.text("description", &bag), topics: topics == ["all"] ? nil : topics,
                notInside: filter.queries("not_inside", &bag), notDocument: filter.queries("not_document", &bag),
                range: filter["id"]!.range)
        }
    }

    private static func readTopic(_ members: MemberReader, _ bag: inout DiagnosticBag) -> FileTopic? {
        let id = members.requiredText("topic", &bag)
        let label = members.requiredText("label", &bag)
        let description = members.requiredText("description", &bag)
        if let id { checkIdentifier(id, what: "a topic", at: members["topic"]!, &bag) }
        let rules = (members["rules"]?.elements ?? []).compactMap { readRule($0, &bag) }
        if members["rules"] == nil { members.missing("rules", &bag) }
        guard let id, let label, let description else { return nil }
        return FileTopic(
            id: id, label: label, description: description, scopeNote: members.text("scope_note", &bag),
            codes: readCodes(members, &bag), notInside: members.queries("not_inside", &bag),
            notDocument: members.queries("not_document", &bag), rules: rules,
            examples: readTopicExamples(members, &bag), allowed: readAllowed(members, &bag),
            range: members["topic"]!.range)
    }

    private static func readRule(_ node: YAMLNode, _ bag: inout DiagnosticBag) -> FileRule? {
        guard let members = MemberReader(node, what: "a rule", keys: ruleKeys, &bag) else { return nil }
        let id = members.requiredText("id", &bag)
        if let id { checkIdentifier(id, what: "a rule's id", at: members["id"]!, &bag) }
        if members["weight"] == nil { members.missing("weight", &bag) }
        let weight = members.integer("weight", &bag) ?? 1
        if !(1...3).contains(weight) {
            bag.add(
                Diagnostic(
                    .weightOutOfRange, path: members.source.path, range: members["weight"]!.range,
                    "the weight is \(weight)", cure: "1 weak clue, 2 clear, 3 names the topic"))
        }
        if members["find"] == nil { members.missing("find", &bag) }
        let find = members.queries("find", &bag)
        let rule = FileRule(
            id: id ?? "", weight: min(max(weight, 1), 3), status: readStatus(members, &bag),
            description: members.text("description", &bag), find: find, notInside: members.queries("not_inside", &bag),
            notDocument: members.queries("not_document", &bag), conditions: readConditions(members, &bag),
            examples: readRuleExamples(members, &bag), references: members.texts("references", &bag),
            allowed: readAllowed(members, &bag), range: members["id"]?.range ?? members.range)
        return id == nil ? nil : rule
    }

    private static func readStatus(_ members: MemberReader, _ bag: inout DiagnosticBag) -> RuleStatus {
        guard let text = members.text("status", &bag) else { return .test }
        guard let status = RuleStatus(rawValue: text) else {
            bag.add(
                Diagnostic(
                    .unknownStatus, path: members.source.path, range: members["status"]!.range,
                    "'\(text)' is no status", cure: "write experimental, test, stable or deprecated"))
            return .test
        }
        return status
    }

    private static func readConditions(_ members: MemberReader, _ bag: inout DiagnosticBag) -> DocumentConditions {
        let keys: Set<String> = ["language", "speaker", "organisation", "source", "from", "to"]
        guard let node = members["when"], let when = MemberReader(node, what: "'when'", keys: keys, &bag) else {
            return DocumentConditions()
        }
        func date(_ key: String) -> DeliveryDate? {
            guard let text = when.text(key, &bag) else { return nil }
            if let date = DeliveryDate(text) { return date }
            bag.add(
                Diagnostic(
                    .invalidDate, path: when.source.path, range: when[key]!.range, "'\(text)' is no date",
                    cure: "write 2022, 2022-05 or 2022-05-17"))
            return nil
        }
        return DocumentConditions(
            languages: when.texts("language", &bag), speakers: when.texts("speaker", &bag),
            organisations: when.texts("organisation", &bag), sources: when.texts("source", &bag), from: date("from"),
            to: date("to"))
    }

    private static func readCodes(_ members: MemberReader, _ bag: inout DiagnosticBag) -> [String: [String]] {
        guard let node = members["codes"] else { return [:] }
        guard let entries = node.members else {
            members.wrongType(node, "codes", "a mapping of schemes to lists of codes", &bag)
            return [:]
        }
        var codes: [String: [String]] = [:]
        for (key, value) in entries {
            for element in value.elements ?? [] {
                guard element.isQuoted, let code = element.string else {
                    bag.add(
                        Diagnostic(
                            .unquotedCode, path: members.source.path, range: element.range,
                            "the code \(element.string ?? "") is not quoted, so YAML may read a number and drop zeros",
                            cure: "write \"\(element.string ?? "0204")\""))
                    continue
                }
                codes[key.string ?? "", default: []].append(code)
            }
        }
        return codes
    }

    private static func readRuleExamples(_ members: MemberReader, _ bag: inout DiagnosticBag) -> [RuleExample] {
        (members["examples"]?.elements ?? []).compactMap { node in
            guard let example = MemberReader(node, what: "an example", keys: ["title", "text", "finds"], &bag),
                let text = example.requiredText("text", &bag)
            else { return nil }
            if example["finds"] == nil { example.missing("finds", &bag) }
            return RuleExample(
                title: example.text("title", &bag), text: text, finds: example.texts("finds", &bag),
                range: example["text"]!.range)
        }
    }

    private static func readTopicExamples(_ members: MemberReader, _ bag: inout DiagnosticBag) -> [TopicExample] {
        (members["examples"]?.elements ?? []).compactMap { node in
            guard let example = MemberReader(node, what: "an example", keys: ["title", "text", "tagged"], &bag),
                let text = example.requiredText("text", &bag)
            else { return nil }
            if example["tagged"] == nil { example.missing("tagged", &bag) }
            return TopicExample(
                title: example.text("title", &bag), text: text, isTagged: example.boolean("tagged", &bag) ?? true,
                range: example["text"]!.range)
        }
    }

    private static func readAllowed(_ members: MemberReader, _ bag: inout DiagnosticBag) -> Set<DiagnosticCode> {
        var allowed: Set<DiagnosticCode> = []
        for text in members.texts("allow", &bag) {
            if let code = DiagnosticCode(rawValue: text), code.isLint {
                allowed.insert(code)
            } else {
                bag.add(
                    Diagnostic(
                        .unknownDiagnosticCode, path: members.source.path, range: members["allow"]!.range,
                        "'\(text)' is no lint that could be allowed", cure: "name lints by their codes, such as L006"))
            }
        }
        return allowed
    }

    private static func checkIdentifier(
        _ id: String, what: String, at node: YAMLNode, _ bag: inout DiagnosticBag
    ) {
        let allowed = "abcdefghijklmnopqrstuvwxyz0123456789-._"
        guard let first = id.first, first.isLetter, id.allSatisfy({ allowed.contains($0) }), id.count <= 100 else {
            bag.add(
                Diagnostic(
                    .invalidIdentifier, path: node.source.path, range: node.range, "'\(id)' cannot be \(what)",
                    cure: "use lower-case letters, digits, hyphens and dots, a letter first, at most 100"))
            return
        }
    }
}
