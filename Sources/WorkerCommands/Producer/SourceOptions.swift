import ArgumentParser
import SpeechFormats
import Speeches
import Workers

/// What a person says of the speeches, however they come: from files or over HTTP.
struct SourceOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Format instead of detection: \(FormatName.listed).", valueName: "format"))
    var format: String?

    @Option(
        help: ArgumentHelp(
            """
            Which member or column fills which field, for JSON lines and CSV; the fields are \
            \(DocumentField.allCases.map(\.rawValue).joined(separator: ", ")). What is not named is found by common names; \
            what fills nothing becomes an attribute.
            """, valueName: "field=column,…"))
    var map: [String] = []

    @Option(help: ArgumentHelp("The licence of all documents, such as OGL-UK-3.0.", valueName: "licence"))
    var licence: String?

    @Option(
        help: ArgumentHelp(
            "Documents that their source calls withdrawn: publish them, or withdraw.", valueName: "policy"))
    var withdrawn = PublishingPolicy.Withdrawn.publish

    func validate() throws {
        if let format, !FormatRegistry().names.contains(FormatName(format)) {
            throw ValidationError("there is no format '\(format)'; name one of \(FormatName.listed)")
        }
        if let licence, TextNormalisation.line(licence).isEmpty {
            throw ValidationError("--licence is empty; name a licence, such as OGL-UK-3.0, or leave it out")
        }
        _ = try FieldMapping.option(map)
    }

    /// What readers of formats are told.
    /// - Parameter followingNamedLinks: false for a watched folder, whose files others name: whoever may write into it must
    ///   not choose other files to be published.
    func context(followingNamedLinks: Bool = true) throws -> SourceContext {
        SourceContext(
            licence: TextNormalisation.optionalLine(licence), format: format.map { FormatName($0) },
            mapping: try FieldMapping.option(map), followsNamedLinks: followingNamedLinks)
    }
}
