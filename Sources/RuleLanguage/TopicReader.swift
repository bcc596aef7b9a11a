internal import Speeches

/// Reads a topic file's mapping: the topic, its rules, their examples and conditions.
struct TopicReader {
    static let ruleKeys: Set<String> = [
        "id", "weight", "status", "description", "find", "not_inside", "not_document", "when", "wins_over", "examples",
        "references", "allow",
    ]
    static let conditionKeys: Set<String> = ["language", "speaker", "organisation", "source", "from", "to"]

    private let members: MemberReader

    init(_ members: MemberReader) {
        self.members = members
    }

    /// The topic with whatever could be read of it: what is missing has been noted, and hides nothing else.
    func topic(_ bag: inout DiagnosticBag) -> FileTopic {
        let id = members.requiredText("topic", &bag)
        let label = members.requiredText("label", &bag)
        let description = members.requiredText("description", &bag)
        if let id { Identifier.check(id, "a topic's id", at: members["topic"]!, &bag) }
        if members["rules"] == nil { members.missing("rules", &bag) }
        if let rules = members["rules"]?.sequence, rules.isEmpty {
            members.report(.noRules, members.range(of: "rules"), "the topic has no rule", cure: "add rules", &bag)
        }
        return FileTopic(
            id: id ?? "", label: label ?? "", description: description ?? "",
            scopeNote: members.text("scope_note", &bag),
            codes: codes(&bag), written: written(members, &bag),
            rules: members.mappings("rules", of: "rule", &bag).compactMap { Self.rule($0, &bag) },
            examples: topicExamples(&bag), range: members.range(of: "topic"))
    }

    private func written(_ members: MemberReader, _ bag: inout DiagnosticBag) -> WrittenQueries {
        WrittenQueries(
            find: members.queries("find", &bag), notInside: members.queries("not_inside", &bag),
            notDocument: members.queries("not_document", &bag))
    }

    private static func rule(_ node: YAMLNode, _ bag: inout DiagnosticBag) -> FileRule? {
        guard let members = MemberReader(node, what: "a rule", keys: ruleKeys, &bag) else { return nil }
        let reader = TopicReader(members)
        let id = members.requiredText("id", &bag)
        if let id { Identifier.check(id, "a rule's id", at: members["id"]!, &bag) }
        if members["find"] == nil { members.missing("find", &bag) }
        return FileRule(
            id: id ?? "", weight: reader.weight(&bag), status: reader.status(&bag),
            description: members.text("description", &bag), written: reader.written(members, &bag),
            conditions: reader.conditions(&bag), winsOver: reader.outranking(&bag), examples: reader.ruleExamples(&bag),
            references: members.texts("references", &bag), allowances: RuleFileReader.readAllowances(members, &bag),
            range: members.range(of: "id"))
    }

    private func weight(_ bag: inout DiagnosticBag) -> Int {
        guard members["weight"] != nil else {
            members.missing("weight", &bag)
            return 1
        }
        guard let weight = members.integer("weight", &bag) else { return 1 }
        if (1...3).contains(weight) { return weight }
        members.report(
            .weightOutOfRange, members.range(of: "weight"), "the weight is \(weight); 1, 2 and 3 are allowed",
            cure: "write 1 for a weak clue, 2 for clear evidence, 3 where the topic is named", &bag)
        return 1
    }

    private func status(_ bag: inout DiagnosticBag) -> RuleStatus {
        guard let text = members.text("status", &bag) else { return .test }
        if let status = RuleStatus(rawValue: text) { return status }
        members.report(
            .unknownStatus, members.range(of: "status"), "'\(text.quotable)' is no status",
            cure: "write experimental, test, stable or deprecated", &bag)
        return .test
    }

    private func conditions(_ bag: inout DiagnosticBag) -> DocumentConditions {
        guard let node = members["when"],
            let when = MemberReader(node, what: "'when'", keys: Self.conditionKeys, &bag)
        else { return DocumentConditions() }
        func date(_ key: String) -> DeliveryDate? {
            guard let text = when.text(key, &bag) else { return nil }
            if let date = DeliveryDate(text) { return date }
            when.report(
                .invalidDate, when.range(of: key), "'\(text.quotable)' is no date",
                cure: "write 2022, 2022-05 or 2022-05-17", &bag)
            return nil
        }
        return DocumentConditions(
            languages: when.texts("language", &bag), speakers: when.texts("speaker", &bag),
            organisations: when.texts("organisation", &bag), sources: when.texts("source", &bag), from: date("from"),
            to: date("to"))
    }

    private func outranking(_ bag: inout DiagnosticBag) -> FileOutranking {
        let names = members.texts("wins_over", &bag)
        let ranges = (members["wins_over"]?.elements ?? []).map(\.range)
        return FileOutranking(topics: zip(names, ranges).map { (id: $0, range: $1) })
    }

    private func codes(_ bag: inout DiagnosticBag) -> [String: [String]] {
        var codes: [String: [String]] = [:]
        for (key, value) in members.entries("codes", holding: "schemes to lists of codes", &bag) {
            guard let elements = value.elements, elements.allSatisfy({ $0.string != nil }) else {
                members.wrongType(
                    value, key.string ?? "", "a list of codes", cure: "write '\(key.string ?? "iccs"): [\"0204\"]'",
                    &bag)
                continue
            }
            for element in elements {
                let code = element.string ?? ""
                if element.isQuoted {
                    codes[key.string ?? "", default: []].append(code)
                } else {
                    members.report(
                        .unquotedCode, element.range,
                        "the code \(code.quotable) is not quoted, so YAML may read a number and drop zeros",
                        cure: "write \"\(code.quotable)\"", &bag)
                }
            }
        }
        return codes
    }

    private func ruleExamples(_ bag: inout DiagnosticBag) -> [RuleExample] {
        members.mappings("examples", of: "example", &bag).compactMap { node in
            guard let example = MemberReader(node, what: "an example", keys: ["title", "text", "finds"], &bag) else {
                return nil
            }
            let text = example.requiredText("text", &bag)
            if example["finds"] == nil { example.missing("finds", &bag) }
            return RuleExample(
                title: example.text("title", &bag), text: text ?? "", finds: example.texts("finds", &bag),
                range: example.range(of: "text"))
        }
    }

    private func topicExamples(_ bag: inout DiagnosticBag) -> [TopicExample] {
        members.mappings("examples", of: "example", &bag).compactMap { node in
            guard let example = MemberReader(node, what: "an example", keys: ["title", "text", "tagged"], &bag) else {
                return nil
            }
            let text = example.requiredText("text", &bag)
            if example["tagged"] == nil { example.missing("tagged", &bag) }
            return TopicExample(
                title: example.text("title", &bag), text: text ?? "", isTagged: example.boolean("tagged", &bag) ?? true,
                range: example.range(of: "text"))
        }
    }
}
