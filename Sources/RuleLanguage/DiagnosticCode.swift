/// Every diagnostic there is. `Y` is about YAML and files, `Q` about queries, `R` about rules and how they hang
/// together, `L` about what is allowed but probably not meant (lints, which `allow:` can silence one by one).
public enum DiagnosticCode: String, Sendable, CaseIterable, Hashable {
    // Files and YAML
    case folderMissing = "Y001"
    case fileUnreadable = "Y002"
    case fileTooLarge = "Y003"
    case invalidYAML = "Y004"
    case anchorOrAlias = "Y005"
    case notAMapping = "Y006"
    case unknownKey = "Y007"
    case missingKey = "Y008"
    case wrongType = "Y009"
    case unquotedCode = "Y010"
    case duplicateKey = "Y011"
    case unrecognisedFile = "Y012"
    case emptyValue = "Y013"
    case unquotedQuery = "Y014"
    case tooManyNodes = "Y015"
    case severalDocuments = "Y016"
    case strayLineEnd = "Y017"

    // Queries
    case unexpectedCharacter = "Q001"
    case mixedOperators = "Q002"
    case missingOperand = "Q003"
    case unbalancedParenthesis = "Q004"
    case unknownOperator = "Q005"
    case distanceOutOfRange = "Q006"
    case unclosedQuote = "Q007"
    case wildcardTooShort = "Q008"
    case notInPhrase = "Q009"
    case emptyQuery = "Q010"
    case thresholdOutOfRange = "Q011"
    case tooComplex = "Q012"
    case wordOfOr = "Q013"
    case onlyOptional = "Q014"
    case wordTooLong = "Q015"
    case lonelyNot = "Q016"
    case regularExpression = "Q017"

    // Rules and references
    case invalidIdentifier = "R001"
    case duplicateIdentifier = "R002"
    case weightOutOfRange = "R003"
    case unknownStatus = "R004"
    case unknownList = "R005"
    case unknownReference = "R006"
    case cycle = "R007"
    case ruleOutsideTopic = "R008"
    case invalidDate = "R009"
    case noRuleset = "R010"
    case unknownTopic = "R011"
    case invalidVersion = "R012"
    case duplicateTopic = "R013"
    case noRules = "R014"
    case unknownDiagnosticCode = "R015"
    case expansionTooLarge = "R016"

    // Lints
    case noExamples = "L001"
    case noNegativeExample = "L002"
    case duplicateAlternative = "L003"
    case shadowedByWildcard = "L004"
    case shortWildcard = "L005"
    case ambiguousPlural = "L006"
    case unusedList = "L007"
    case missingScopeNote = "L008"
    case deprecatedRule = "L009"
    case onlyWeakRules = "L010"
    case phraseInTwoTopics = "L011"
    case commonWord = "L012"
    case neverCounts = "L013"
    case exclusionNeverApplies = "L014"
    case shortExact = "L015"
    case upperCaseWord = "L016"
    case duplicateExample = "L017"
    case fileNameDiffers = "L018"
    case redundantSpelling = "L019"
    case contradiction = "L020"
    case repeatedOperand = "L021"
    case longDistance = "L022"
    case largeExpansion = "L023"
    case duplicateLabel = "L024"
    case unexplainedRule = "L025"
    case filterWithoutEffect = "L026"
    case invisibleCharacter = "L027"
    case lowerCaseOperator = "L028"
    case listHidesList = "L029"
    case lowerCaseExact = "L030"
    case uselessAllow = "L031"

    /// How bad it is: lints are warnings or notes, everything else makes the ruleset unusable.
    public var severity: Diagnostic.Severity {
        switch self {
        case .missingScopeNote, .unexplainedRule, .noNegativeExample, .deprecatedRule, .redundantSpelling,
            .largeExpansion, .upperCaseWord, .phraseInTwoTopics, .lowerCaseOperator, .uselessAllow:
            .note
        default:
            rawValue.hasPrefix("L") ? .warning : .error
        }
    }

    /// Whether `allow:` can silence it.
    public var isLint: Bool { rawValue.hasPrefix("L") }
}
