import Foundation
import TestSupport
import Testing
import Yams

/// `Config/asyncapi.yaml` holds together: what it refers to exists, what it requires it describes.
@Suite struct AsyncAPITests {
    private let document: Node

    init() throws {
        document = try #require(try Yams.compose(yaml: Repository.text("Config/asyncapi.yaml")))
    }

    @Test func namesTheFourKafkaTopics() throws {
        let channels = try #require(document["channels"]?.mapping)
        #expect(
            channels.values.compactMap { $0["address"]?.string } == [
                "speeches.documents", "speeches.classified", "speeches.classified.candidate", "speeches.deadletter",
            ])
        #expect(channels.values.allSatisfy { $0["bindings"]?["kafka"] != nil })
    }

    @Test func everyReferenceLeadsSomewhere() throws {
        var references: [String] = []
        visit(document) { node in
            if let reference = node["$ref"]?.string { references.append(reference) }
        }
        #expect(references.count > 10)
        for reference in references {
            if reference.hasPrefix("#/") {
                let path = reference.dropFirst(2).split(separator: "/")
                #expect(path.reduce(document as Node?) { $0?[String($1)] } != nil, "\(reference)")
            } else {
                #expect(throws: Never.self, "\(reference)") { try Repository.bytes("Config/" + reference) }
            }
        }
    }

    @Test func everyRequiredHeaderIsDescribed() {
        var required = 0
        visit(document) { node in
            guard let names = node["required"]?.sequence?.compactMap(\.string), let properties = node["properties"]
            else {
                return
            }
            for name in names { #expect(properties[name] != nil, "\(name)") }
            required += names.count
        }
        #expect(required > 20)
    }

    @Test func theDataSchemaIsTheEventSchemasID() throws {
        let schema = try #require(
            try JSONSerialization.jsonObject(with: Data(try Repository.bytes("Config/schemas/event.v1.json")))
                as? [String: Any])
        let id = try #require(schema["$id"] as? String)
        #expect(try Repository.text("Config/asyncapi.yaml").contains(id))
    }

    private func visit(_ node: Node, _ body: (Node) -> Void) {
        body(node)
        for child in node.mapping?.values.map({ $0 }) ?? [] { visit(child, body) }
        for child in node.sequence.map(Array.init) ?? [] { visit(child, body) }
    }
}
