/// The meaning of each code in a line: what the reference's table and SARIF's rule descriptions say.
extension DiagnosticCode {
    /// One sentence without its full stop.
    public var summary: String {
        switch rawValue.first {
        case "Y": fileSummary
        case "Q": querySummary
        case "R": ruleSummary
        default: lintSummary
        }
    }

    private var fileSummary: String {
        switch self {
        case .folderMissing: "The rules folder is missing, empty, or too large"
        case .fileUnreadable: "A rule file cannot be read"
        case .fileTooLarge: "A rule file is larger than 1 MiB"
        case .invalidYAML: "A file is not valid YAML"
        case .anchorOrAlias: "Anchors, aliases and tags of YAML are not allowed"
        case .notAMapping: "Keys and values are expected here"
        case .unknownKey: "A key that means nothing here"
        case .missingKey: "A required key is missing"
        case .wrongType: "A value of the wrong type"
        case .unquotedCode: "A code of another scheme without quotation marks"
        case .duplicateKey: "A key stands twice in one mapping"
        case .unrecognisedFile: "The file is neither a topic, nor a ruleset, nor lists or filters"
        case .emptyValue: "A value is empty"
        case .unquotedQuery: "A query is not in a block scalar and needs one"
        case .tooManyNodes: "A file has too many values or nests too deeply"
        case .severalDocuments: "A file holds more than one YAML document"
        default: "A line end other than LF or CR LF"
        }
    }

    private var querySummary: String {
        switch self {
        case .unexpectedCharacter: "A character that means nothing here"
        case .mixedOperators: "Two different operators without parentheses"
        case .missingOperand: "An operator without something to find on both sides, or two items without an operator"
        case .unbalancedParenthesis: "A parenthesis or bracket without its partner"
        case .unknownOperator: "An operator in a form that is not known"
        case .distanceOutOfRange: "The distance of NEAR, BEFORE or AFTER is missing or out of range"
        case .unclosedQuote: "A quotation or regular expression is never closed"
        case .wildcardTooShort: "Fewer than two letters before a wildcard"
        case .notInPhrase: "Something that cannot stand in a phrase"
        case .emptyQuery: "A query that finds nothing because nothing is asked for"
        case .thresholdOutOfRange: "The number of ATLEAST or COUNT is missing or out of range"
        case .tooComplex: "A query is too long or nests too deeply"
        case .wordOfOr: "'OR' is written |"
        case .onlyOptional: "Every word of a phrase is optional"
        case .wordTooLong: "A word or phrase is too long"
        case .lonelyNot: "NOT without AND before it or INSIDE behind it"
        default: "A regular expression that cannot be used"
        }
    }

    private var ruleSummary: String {
        switch self {
        case .invalidIdentifier: "A name with characters that names do not have"
        case .duplicateIdentifier: "A name is taken"
        case .weightOutOfRange: "A weight other than 1, 2 or 3"
        case .unknownStatus: "A status that does not exist"
        case .unknownList: "A list that does not exist"
        case .unknownReference: "A reference to a rule or topic that does not exist"
        case .cycle: "A list or rule that refers to itself, directly or by way of others"
        case .ruleOutsideTopic: "A rule's id does not begin with its topic"
        case .invalidDate: "A date that is none"
        case .noRuleset: "No file names the ruleset"
        case .unknownTopic: "A topic that does not exist"
        case .invalidVersion: "The ruleset's version is no semantic version"
        case .duplicateTopic: "A topic is described in two files"
        case .noRules: "A topic without rules"
        case .unknownDiagnosticCode: "'allow' names something that is no lint"
        default: "Lists within lists make a query too long"
        }
    }

    private var lintSummary: String {
        switch self {
        case .noExamples: "A rule without examples"
        case .noNegativeExample: "A rule without an example that it must not find"
        case .duplicateAlternative: "An alternative stands twice in one rule"
        case .shadowedByWildcard: "A wildcard beside it finds the alternative already"
        case .shortWildcard: "A wildcard with so few letters that it finds unrelated words"
        case .ambiguousPlural: "A word whose singular and plural mean different things"
        case .unusedList: "A list that nothing uses"
        case .missingScopeNote: "A topic that does not say what belongs and what does not"
        case .deprecatedRule: "A reference to a deprecated rule"
        case .onlyWeakRules: "A topic with weak clues only"
        case .phraseInTwoTopics: "The same words are clear evidence of two topics"
        case .commonWord: "A very common word alone is evidence"
        case .neverCounts: "A rule that can never count"
        case .exclusionNeverApplies: "An exclusion in which nothing of the rule can stand"
        case .shortExact: "Exact characters so few that they find other things"
        case .upperCaseWord: "A word in capitals that finds small letters too"
        case .duplicateExample: "An example stands twice"
        case .fileNameDiffers: "A file with another name than its topic"
        case .redundantSpelling: "An alternative that differs by plural or spelling only, which are folded anyway"
        default: laterLintSummary
        }
    }

    private var laterLintSummary: String {
        switch self {
        case .contradiction: "A query that excludes what it looks for"
        case .repeatedOperand: "An operator with the same thing on both sides"
        case .longDistance: "A distance longer than most sentences"
        case .largeExpansion: "A phrase with very many readings"
        case .duplicateLabel: "Two topics with the same label"
        case .unexplainedRule: "A stable rule with neither description nor references"
        case .filterWithoutEffect: "A filter in which nothing of its topics' rules can stand"
        case .invisibleCharacter: "A character that cannot be seen"
        case .lowerCaseOperator: "A word that may have been meant as an operator"
        case .listHidesList: "A list of the file hides a shared one"
        case .lowerCaseExact: "Exact small letters, which miss the word at the start of a sentence"
        default: "'allow' silences a lint that finds nothing there"
        }
    }
}
