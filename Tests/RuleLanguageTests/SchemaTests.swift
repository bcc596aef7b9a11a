import Foundation
import RuleLanguage
import TestSupport
import Testing

/// The JSON Schema of rule files, by another validator: it takes every shipped file and refuses files whose form is wrong.
@Suite struct SchemaTests {
    private static let script = """
        import json, sys, yaml, jsonschema

        class Loader(yaml.SafeLoader):
            pass

        # YAML 1.2, as editors read it: dates are texts, and only true and false are booleans.
        Loader.yaml_implicit_resolvers = {
            first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(("timestamp", "bool"))]
            for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
        }
        import re
        Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(?:true|false)$"), list("tf"))
        schema = json.load(sys.stdin)
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(schema)
        for path in sys.argv[1:]:
            value = yaml.load(open(path, encoding="utf-8"), Loader)
            errors = [e.message[:100] for e in validator.iter_errors(value)]
            print(path.rsplit("/", 1)[1], "valid" if not errors else "invalid", *errors[:1])
        """

    private func verdicts(_ paths: [String]) throws -> [String: String] {
        let outcome = try Python.run(["-c", Self.script] + paths, input: Array(RuleSchema.text.utf8))
        try #require(outcome.status == 0, "\(outcome.errors)")
        let lines = outcome.output.split(separator: "\n").map { $0.split(separator: " ", maxSplits: 2) }
        return Dictionary(uniqueKeysWithValues: lines.map { (String($0[0]), String($0[1])) })
    }

    @Test func shippedFilesAreValid() throws {
        let folder = Repository.root + "/Config/rules"
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".yaml") }
        let verdicts = try verdicts(names.map { folder + "/" + $0 })
        #expect(verdicts.count == names.count)
        #expect(verdicts.filter { $0.value != "valid" }.isEmpty)
    }

    @Test func filesOfTheWrongFormAreNot() throws {
        let folder = Repository.root + "/Tests/Fixtures/Rules/diagnostics"
        let wrong = ["Y007", "Y008", "Y009", "R001", "R003", "R004", "R014", "R015"]
        let verdicts = try verdicts(wrong.map { "\(folder)/\($0).yaml" })
        #expect(verdicts.filter { $0.value != "invalid" }.isEmpty)
        // What stands inside queries is none of the schema's business.
        #expect(try self.verdicts(["\(folder)/Q002.yaml", "\(folder)/R006.yaml"]).values.allSatisfy { $0 == "valid" })
    }
}
