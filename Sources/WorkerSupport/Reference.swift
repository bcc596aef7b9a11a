/// `Deploy/reference.md`: every setting and every metric, from the two catalogues.
public enum Reference {
    /// The page.
    public static var markdown: String {
        var lines = [
            "# Reference: settings and metrics", "",
            "Made by `rostrum config reference`; a test compares it with the programs.", "", "## Settings", "",
            "Flags win over environment variables, those over the file, the file over defaults. Any setting can be given as "
                + "`--set KEY=VALUE`.",
        ]
        for section in Catalogue.sections {
            lines += [
                "", "### \(section.name)", "", section.about, "", "| setting | default | what |", "| --- | --- | --- |",
            ]
            for entry in Catalogue.entries where entry.key.components[0] == section.name { lines.append(row(entry)) }
            if section.name == Catalogue.extra.components[0] {
                lines.append(
                    "| `\(Catalogue.extra)`<br>`\(SettingsEnvironment.extraPrefix)NAME` | - | \(Catalogue.extraSentence) |"
                )
            }
        }
        lines += [
            "", "## Metrics", "", "At `/metrics` of each worker (`http.port`). Times are in seconds.", "",
            "| metric | kind | labels | of | what |", "| --- | --- | --- | --- | --- |",
        ]
        lines += MetricsCatalogue.families.map(row)
        return lines.joined(separator: "\n") + "\n"
    }

    private static func row(_ entry: SettingEntry) -> String {
        let names = "`\(entry.key)`<br>`\(entry.key.environmentName)`" + (entry.isSecret ? " (or `…_FILE`)" : "")
        let allowed = entry.allowed.prefix(1).uppercased() + entry.allowed.dropFirst()
        let shown = entry.defaultText.map { "`\($0)`" } ?? "-"
        return "| \(names) | \(shown) | \(cell(entry.sentence)) \(cell(String(allowed))). |"
    }

    private static func row(_ family: MetricFamily) -> String {
        let labels = family.labels.map { "`\($0)`" }.joined(separator: ", ")
        let programs =
            family.programs.count == MetricFamily.Program.allCases.count
            ? "all"
            : family.programs.sorted().map { $0.rawValue.replacing("rostrum-", with: "") }.joined(separator: ", ")
        return "| `\(family.name)` | \(family.kind.rawValue) | \(labels) | \(programs) | \(cell(family.help)) |"
    }

    private static func cell(_ text: String) -> String { text.replacing("|", with: "\\|") }
}
