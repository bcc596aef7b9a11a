internal import Foundation

/// The JSON Schema (2020-12) of the settings file, for completion and checks in editors. What two settings may not be
/// together only `rostrum config check` knows.
public enum SettingsSchema {
    /// The schema, with members in order.
    public static var text: String {
        var sections: [String: Any] = [:]
        for section in Catalogue.sections {
            var properties: [String: Any] = [:]
            for entry in Catalogue.entries where entry.key.components[0] == section.name {
                properties[entry.key.components[1]] = schema(of: entry)
            }
            if section.name == Catalogue.extra.components[0] {
                properties[Catalogue.extra.components[1]] = [
                    "description": Catalogue.extraSentence, "type": ["object", "null"],
                    "additionalProperties": ["type": ["string", "number", "boolean"]],
                ]
            }
            sections[section.name] = [
                // A section whose keys are all commented out is null.
                "description": section.about, "type": ["object", "null"], "properties": properties,
                "additionalProperties": false,
            ]
        }
        let schema: [String: Any] = [
            "$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "urn:rostrum:schema:settings:1",
            "title": "Settings of Rostrum", "type": ["object", "null"], "properties": sections,
            "additionalProperties": false,
        ]
        let options: JSONSerialization.WritingOptions = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        guard let data = try? JSONSerialization.data(withJSONObject: schema, options: options) else {
            preconditionFailure("texts, numbers and lists of them did not encode")
        }
        return String(decoding: data, as: UTF8.self) + "\n"
    }

    private static func schema(of entry: SettingEntry) -> [String: Any] {
        var schema: [String: Any] = [
            "description": "\(entry.sentence) \(entry.allowed.prefix(1).uppercased())\(entry.allowed.dropFirst())."
        ]
        switch entry.shape {
        case .text: schema["type"] = ["string", "number"]
        case .integer(let range):
            schema["type"] = "integer"
            schema["minimum"] = range.lowerBound
            schema["maximum"] = range.upperBound
            schema["default"] = entry.defaultText.flatMap { Int($0) }
        case .choice(let names): schema["enum"] = names
        }
        if schema["default"] == nil { schema["default"] = entry.defaultText }
        return schema
    }
}
