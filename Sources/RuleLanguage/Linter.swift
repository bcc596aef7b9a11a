/// Notes what is allowed in rule files but probably not meant.
enum Linter {
    static func lint(_ ruleset: CheckedRuleset, isWhole: Bool, _ bag: inout DiagnosticBag) {}
}
