public import ArgumentParser
public import SpeechFormats
import Speeches
import Workers

/// How files are read, where what they hold does not say it well enough.
public struct FormatOptions: ParsableArguments {
    /// The format, else the content decides.
    @Option(help: ArgumentHelp("Format instead of detection: \(FormatName.listed).", valueName: "format"))
    public var format: String?

    /// Members or columns by field.
    @Option(
        help: ArgumentHelp(
            """
            Which member or column fills which field, for JSON lines and CSV; the fields are \
            \(DocumentField.allCases.map(\.rawValue).joined(separator: ", ")). What is not named is found by common names; \
            what fills nothing becomes an attribute.
            """, valueName: "field=column,…"))
    public var map: [String] = []

    /// As the command line says.
    public init() {}

    /// - Throws: `ValidationError` for a format that is none and for fields that are none or mapped twice.
    public func validate() throws {
        if let format, !FormatRegistry().names.contains(FormatName(format)) {
            throw ValidationError("there is no format '\(format)'; name one of \(FormatName.listed)")
        }
        _ = try FieldMapping.option(map)
    }

    /// What readers of formats are told.
    /// - Throws: the same as `validate`.
    public func context() throws -> SourceContext {
        SourceContext(format: format.map { FormatName($0) }, mapping: try FieldMapping.option(map))
    }
}
