import ArgumentParser
import SpeechFormats
import Speeches
import Workers

/// What a person says of the speeches, however they come: from files or over HTTP.
struct SourceOptions: ParsableArguments {
    @OptionGroup var reading: FormatOptions

    @Option(help: ArgumentHelp("The licence of all documents, such as OGL-UK-3.0.", valueName: "licence"))
    var licence: String?

    @Option(
        help: ArgumentHelp(
            "Documents that their source calls withdrawn: publish them, or withdraw.", valueName: "policy"))
    var withdrawn = PublishingPolicy.Withdrawn.publish

    func validate() throws {
        if let licence, TextNormalisation.line(licence).isEmpty {
            throw ValidationError("--licence is empty; name a licence, such as OGL-UK-3.0, or leave it out")
        }
    }

    /// What readers of formats are told.
    /// - Parameter followingNamedLinks: false for a watched folder, whose files others name: whoever may write into it must
    ///   not choose other files to be published.
    func context(followingNamedLinks: Bool = true) throws -> SourceContext {
        var context = try reading.context()
        context.licence = TextNormalisation.optionalLine(licence)
        context.followsNamedLinks = followingNamedLinks
        return context
    }
}
