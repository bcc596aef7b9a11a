/// The form of rule files as a JSON Schema (2020-12) for editors: keys, types, allowed values, and what each key means.
/// It says nothing about what stands inside queries; `rostrum rules check` does.
public enum RuleSchema {
    /// The schema's text, with a line end.
    public static var text: String { DiagnosticReport.encoded(document) + "\n" }

    /// JSON as far as schemas need it.
    indirect enum Value: Encodable {
        case text(String)
        case number(Int)
        case flag(Bool)
        case list([Value])
        case object([String: Value])

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .text(let text): try container.encode(text)
            case .number(let number): try container.encode(number)
            case .flag(let flag): try container.encode(flag)
            case .list(let values): try container.encode(values)
            case .object(let members): try container.encode(members)
            }
        }
    }

    private static var document: Value {
        .object([
            "$schema": .text("https://json-schema.org/draft/2020-12/schema"),
            "$id": .text("urn:rostrum:schema:rules:1"),
            "title": .text("Rostrum rule file"),
            "description": .text("A topic with its rules, the ruleset's name, or shared lists and filters."),
            "oneOf": .list(
                ["topicFile", "rulesetFile", "sharedFile"].map { .object(["$ref": .text("#/$defs/\($0)")]) }),
            "$defs": .object([
                "topicFile": topicFile, "rulesetFile": rulesetFile, "sharedFile": sharedFile, "rule": rule,
                "filter": filter, "when": when, "ruleExample": ruleExample, "topicExample": topicExample,
                "queries": .object([
                    "type": .text("string"), "minLength": .number(1),
                    "description": .text("Queries, one a line, in a block scalar: find: |"),
                ]),
                "name": .object([
                    "type": .text("string"), "pattern": .text("^[a-z][a-z0-9._-]*$"), "maxLength": .number(100),
                ]),
                "texts": .object([
                    "anyOf": .list([plain, .object(["type": .text("array"), "items": plain])])
                ]),
            ]),
        ])
    }

    // MARK: Files

    private static var topicFile: Value {
        mapping(
            "Topic file",
            [
                "topic": ref("name", "Stable id of the topic."), "label": words("What people read."),
                "description": words("One sentence."),
                "scope_note": words("What belongs, what does not, and where it goes instead."),
                "codes": codes, "lists": lists,
                "not_inside": ref("queries", "Inside these, nothing of the file is evidence."),
                "not_document": ref("queries", "A document with one of these gets no evidence from the file."),
                "rules": list(of: "rule", "The rules.", atLeast: 1),
                "examples": list(of: "topicExample", "Texts that are or are not tagged."), "allow": allow,
            ], required: ["topic", "label", "description", "rules"])
    }

    private static var rulesetFile: Value {
        mapping(
            "Ruleset file",
            [
                "ruleset": words("Name of the ruleset."),
                "version": .object([
                    "type": .text("string"),
                    "pattern": .text("^(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)([-+].+)?$"),
                    "description": .text("Semantic version."),
                ]),
                "description": words("What the ruleset is for."),
                "supporting": ref("texts", "Topics that do not make a document crime policy by themselves."),
                "shared": ref("texts", "Topics of other policies too: their words count half in short texts."),
                "other_subjects": ref("queries", "Words of other policy fields: they count against the verdict."),
                "lists": lists, "filters": list(of: "filter", "Exclusions shared by topics."), "allow": allow,
            ], required: ["ruleset", "version"])
    }

    private static var sharedFile: Value {
        guard
            case .object(var members) = mapping(
                "File of lists and filters",
                [
                    "description": words("What the file is for."), "lists": lists,
                    "filters": list(of: "filter", "Exclusions shared by topics."), "allow": allow,
                ], required: [])
        else { preconditionFailure("a mapping is an object") }
        members["anyOf"] = .list(["lists", "filters"].map { .object(["required": .list([.text($0)])]) })
        return .object(members)
    }

    // MARK: Parts

    private static var rule: Value {
        mapping(
            "Rule",
            [
                "id": ref("name", "topic.name, never used again for something else."),
                "weight": .object([
                    "enum": .list([.number(1), .number(2), .number(3)]),
                    "description": .text("1 weak clue, 2 clear evidence, 3 names the topic."),
                ]),
                "status": .object([
                    "enum": .list(RuleStatus.allCases.map { .text($0.rawValue) }),
                    "description": .text("How far the rule is trusted; test if absent."),
                ]),
                "description": words("What the rule means."), "find": ref("queries", "What is evidence: alternatives."),
                "not_inside": ref("queries", "An occurrence inside one of these is no evidence."),
                "not_document": ref("queries", "A document with one of these gets no evidence from the rule."),
                "when": ref("when", "What must hold of the document besides its text."),
                "wins_over": ref("texts", "Topics, or all, whose shorter finds inside this rule's are no evidence."),
                "examples": list(of: "ruleExample", "Texts with the evidence that they give."),
                "references": ref("texts", "Where the rule comes from."), "allow": allow,
            ], required: ["id", "weight", "find"])
    }

    private static var filter: Value {
        mapping(
            "Filter",
            [
                "id": ref("name", "Id of the filter."), "description": words("What it is for."),
                "applies_to": ref("texts", "Topics, or all."),
                "not_inside": ref("queries", "An occurrence inside one of these is no evidence."),
                "not_document": ref("queries", "A document with one of these gets no evidence."),
            ], required: ["id", "applies_to"])
    }

    private static var when: Value {
        let date = Value.object([
            "type": .list([.text("string"), .text("integer")]),
            "description": .text("A year, a month or a day: 2022, 2022-05, 2022-05-17."),
        ])
        return mapping(
            "Conditions",
            [
                "language": ref("texts", "BCP 47 tags; en also names en-GB."),
                "speaker": ref("texts", "Words that the speaker's name or role contains."),
                "organisation": ref("texts", "Words that the speaker's organisation contains."),
                "source": ref("texts", "Words that the publisher or address contains."), "from": date, "to": date,
            ], required: [])
    }

    private static var ruleExample: Value {
        mapping(
            "Example of a rule",
            [
                "title": words("Title of the document."), "text": words("Its text."),
                "finds": ref(
                    "texts", "The exact words of each item of evidence in order, spans joined by ' … '; [] for none."),
            ], required: ["text", "finds"])
    }

    private static var topicExample: Value {
        mapping(
            "Example of a topic",
            [
                "title": words("Title of the document."), "text": words("Its text."),
                "tagged": .object(["type": .text("boolean"), "description": .text("Whether the topic stands.")]),
            ], required: ["text", "tagged"])
    }

    // MARK: Pieces

    /// Text, or what YAML reads as a number where text is meant.
    private static var plain: Value {
        .object(["type": .list(["string", "number", "boolean"].map { .text($0) })])
    }

    private static var codes: Value {
        .object([
            "type": .text("object"), "description": .text("Codes in other schemes, always quoted."),
            "additionalProperties": .object([
                "anyOf": .list([
                    .object(["type": .text("string")]),
                    .object(["type": .text("array"), "items": .object(["type": .text("string")])]),
                ])
            ]),
        ])
    }

    private static var lists: Value {
        .object([
            "type": .text("object"), "description": .text("Named alternatives, used as $name."),
            "propertyNames": .object(["$ref": .text("#/$defs/name")]),
            "additionalProperties": .object(["$ref": .text("#/$defs/queries")]),
        ])
    }

    private static var allow: Value {
        let codes = DiagnosticCode.allCases.filter(\.isLint).map { Value.text($0.rawValue) }
        return .object([
            "description": .text("Lints that are wrong here."),
            "anyOf": .list([
                .object(["enum": .list(codes)]),
                .object(["type": .text("array"), "items": .object(["enum": .list(codes)])]),
            ]),
        ])
    }

    private static func words(_ description: String) -> Value {
        .object([
            "type": .list([.text("string"), .text("number")]), "description": .text(description),
        ])
    }

    private static func ref(_ name: String, _ description: String) -> Value {
        .object(["$ref": .text("#/$defs/\(name)"), "description": .text(description)])
    }

    private static func list(of name: String, _ description: String, atLeast least: Int = 0) -> Value {
        .object([
            "type": .text("array"), "items": .object(["$ref": .text("#/$defs/\(name)")]), "minItems": .number(least),
            "description": .text(description),
        ])
    }

    private static func mapping(_ title: String, _ properties: [String: Value], required: [String]) -> Value {
        .object([
            "title": .text(title), "type": .text("object"), "properties": .object(properties),
            "required": .list(required.map { .text($0) }), "additionalProperties": .flag(false),
        ])
    }
}
