/// The settings as files and terminals show them.
public enum SettingsText {
    /// `Config/rostrum.yaml`: every key with its sentence, what it may be, its environment name and its default,
    /// commented out.
    public static var sampleFile: String {
        var lines = [
            "# Settings of Rostrum. Every key is here, commented out, with its default.",
            "# Name this file by --config FILE or ROSTRUM_CONFIG; flags win over environment variables, those over this file.",
            "# 'rostrum config show' prints what is in force and which of them said so; 'rostrum config check' finds mistakes.",
        ]
        for section in Catalogue.sections {
            lines += ["", "# \(section.about)", "\(section.name):"]
            for entry in Catalogue.entries where entry.key.components[0] == section.name {
                lines += wrap(entry.sentence)
                let file =
                    entry.isSecret ? ", or \(entry.key.environmentName)_FILE with the path of a file that holds it" : ""
                lines += wrap("\(capitalised(entry.allowed)). Environment: \(entry.key.environmentName)\(file)")
                let name = entry.key.components[1]
                lines.append("  # \(name):" + (entry.defaultText.map { " \($0)" } ?? ""))
            }
            if section.name == Catalogue.extra.components[0] {
                lines += wrap(Catalogue.extraSentence)
                lines += wrap(
                    "Environment: \(SettingsEnvironment.extraPrefix)NAME (dots become underscores), or "
                        + "\(SettingsEnvironment.extraPrefix)NAME_FILE with the path of a file that holds the value, "
                        + "as secrets should be given.")
                lines += ["  # \(Catalogue.extra.components[1]):", "  #   security.protocol: SASL_SSL"]
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// A table of key, value and layer.
    public static func table(_ effective: [EffectiveSetting]) -> String {
        let rows = effective.map { ($0.key.description, $0.shown ?? "-", $0.origin.description) }
        let keyWidth = rows.map(\.0.count).max() ?? 0
        let valueWidth = min(60, rows.map(\.1.count).max() ?? 0)
        return rows.map { key, value, origin in
            pad(key, keyWidth) + "  " + pad(value, valueWidth) + "  " + origin + "\n"
        }.joined()
    }

    private static func capitalised(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }

    private static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    /// Comment lines of at most 118 columns.
    private static func wrap(_ text: String) -> [String] {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let last = lines.last, last.count + word.count < 118 {
                lines[lines.count - 1] = "\(last) \(word)"
            } else {
                lines.append("  # \(word)")
            }
        }
        return lines
    }
}
