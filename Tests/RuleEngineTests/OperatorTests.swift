import RuleEngine
import RuleLanguage
import Speeches
import Testing

/// What each operator finds, as a table: query, text, evidence. The reference's examples, and the corners beside them.
@Suite struct OperatorTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let query: String
        let text: String
        let finds: [String]
        init(_ query: String, _ text: String, _ finds: [String]) {
            self.query = query
            self.text = text
            self.finds = finds
        }
        var testDescription: String { "\(query) in '\(text)'" }
    }

    @Test(arguments: [
        Case("offence", "Two offences, one Offense. OFFENCE'S offender.", ["offences", "Offense", "OFFENCE"]),
        Case("\"arms\"", "Arms and an arm.", ["Arms"]),
        Case("=NCA", "The NCA and the nca; the NCA\u{2019}s work.", ["NCA", "NCA"]),
        Case("traffick*", "Trafficking, traffickers, traffic.", ["Trafficking", "traffickers"]),
        Case("wom?n", "A woman, women, womb.", ["woman", "women"]),
        Case("cyber~crime", "Cyber crime, cyber-crime, cybercrime.", ["Cyber crime", "cyber-crime", "cybercrime"]),
        Case("organised crime", "organized-crime, Organised\t Crimes", ["organized-crime", "Organised Crimes"]),
        Case("child sexual abuse", "child, sexual abuse", []),
        Case("child abuse", "a child. Abuse of power", []),
        Case(
            "modern [day] slavery", "modern slavery and modern-day slavery", ["modern slavery", "modern-day slavery"]),
        Case(
            "(drug | arms) traffick*", "drug trafficking, arms traffickers", ["drug trafficking", "arms traffickers"]),
        Case("law and order", "Law & order; law and order.", ["Law & order", "law and order"]),
        Case("u.s. marshal", "The U.S. Marshals and US marshal.", ["U.S. Marshals", "US marshal"]),
    ])
    func words(_ item: Case) throws { try check(item) }

    @Test(arguments: [
        Case("people NEAR/4 traffick*", "Traffickers sell many poor people.", ["Traffickers … people"]),
        Case("people NEAR/4 traffick*", "Traffickers sell very many poor people.", []),
        Case("people NEAR/9 traffick*", "Traffickers flee. People stay.", []),
        Case("police BEFORE/2 station", "The station police. Police at station.", ["Police … station"]),
        Case("gang AND violence", "A gang here.\n\nViolence there.", []),
        Case("gang AND violence", "A gang here. Violence there.", ["gang … Violence"]),
        Case("sentence: (gang AND violence)", "A gang here. Violence there.", []),
        Case("document: (gang AND violence)", "A gang here.\n\nViolence there.", ["gang … Violence"]),
        Case("trial AND NOT clinical", "A trial.\n\nA clinical trial.", ["trial"]),
        Case("ATLEAST 2 (bribe, kickback, embezzle*)", "Bribes and embezzlement.", ["Bribes … embezzlement"]),
        Case("ATLEAST 2 (bribe, kickback, embezzle*)", "Bribes and bribes.", []),
        Case("COUNT>=3 (police)", "Police, police.\n\nPolice, police, police.", ["Police", "police", "police"]),
        Case("station AFTER/2 police", "Station police. Police at station.", ["Police … station"]),
        Case("c AFTER/1 b AFTER/1 a", "a b c, c b a", ["a … b … c"]),
        Case("trial INSIDE clinical trial", "A trial. A clinical trial.", ["trial"]),
        Case(
            "trial NOT INSIDE (clinical trial | trial and error)", "Clinical trial, trial and error, trial.", ["trial"]),
        // All of a find must be inside; none of it may be.
        Case("(a NEAR/9 b) INSIDE (a x)", "a x b", []),
        Case("(a NEAR/9 b) NOT INSIDE (a x)", "a x b", []),
        Case("(a NEAR/9 b) NOT INSIDE (a x)", "a y b", ["a … b"]),
        // What is around needs no single run: the whole extent counts.
        Case("x INSIDE (a NEAR/9 b)", "x a x b x", ["x"]),
        Case("a INSIDE a", "a", ["a"]),
        Case("title: (trial INSIDE clinical trial)", "A clinical trial.", []),
        Case("(minister NEAR/9 answers) CONTAINS police", "The minister for police answers.", ["minister … answers"]),
        Case("(minister NEAR/9 answers) CONTAINS police", "Police: the minister for health answers.", []),
        Case("x y CONTAINS x y", "x y", ["x y"]),
        Case("ATLEAST 2 (a | b | c)", "a b. a a.", ["a … b", "b … a", "b … a"]),
        Case("document: COUNT>=200/1000 (police)", "Police came and went.\n\nThe police again.", ["Police", "police"]),
        Case("COUNT>=251/1000 (police)", "Police came and went.", []),
        Case("COUNT>=250/1000 (police)", "Police came and went.", ["Police"]),
        // A match of several sentences is in no sentence with anything.
        Case("(gang AND violence) NEAR/9 police", "Police saw a gang. Violence came.", []),
        // Of two that begin with the same word the shorter stands first.
        Case("(drug | drug trade) AND crime", "The drug trade is a crime.", ["drug … crime", "drug trade … crime"]),
        Case("(a | b) AND (c | d)", "a b c", ["a … c", "b … c"]),
        Case("/section \\d+/", "Section 12 applies.\n\nSection none.", ["Section 12"]),
        Case("/s\\.?4\\b/ NEAR/3 act", "s.4 of the Act", ["s.4 … Act"]),
        Case("title: /fraud/", "No fraud here.", []),
    ])
    func conditions(_ item: Case) throws { try check(item) }

    @Test(arguments: [
        Case("cafe", "Café, CAFE\u{301}, cafe\u{301}s", ["Café", "CAFÉ", "cafés"]),
        Case("fight", "fi\u{AD}ght \u{FB01}ght", ["fi\u{AD}ght", "\u{FB01}ght"]),
        Case("istanbul", "İstanbul, ISTANBUL, ıstanbul", ["İstanbul", "ISTANBUL", "ıstanbul"]),
        Case(
            "drug trafficking", "drug\u{A0}trafficking drug\u{2011}trafficking",
            ["drug trafficking", "drug\u{2011}trafficking"]),
        Case("drug trafficking", "\u{1F600} drug trafficking \u{1F468}\u{200D}\u{1F469}", ["drug trafficking"]),
        Case("honour killing", "so-called \u{2018}honour\u{2019} killings", ["honour\u{2019} killings"]),
        Case("victim", "the victims\u{2019} code, a victim\u{2019}s voice", ["victims", "victim"]),
    ])
    func unicode(_ item: Case) throws { try check(item) }

    private func check(_ item: Case) throws {
        let ruleset = try TestRuleset.compile(find: item.query)
        let event = Classifier(ruleset).classify(ExampleTests.speech(title: nil, text: item.text))
        let found = event.topics.flatMap(\.evidence).map { $0.spans.map { $0.exact! }.joined(separator: " … ") }
        #expect(found == item.finds)
    }
}
