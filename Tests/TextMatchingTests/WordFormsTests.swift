import Testing
@testable import TextMatching

@Suite struct WordFormsTests {
    @Test(arguments: [
        ("offence", "offences"), ("offence", "offense"), ("offence", "offenses"), ("crimes", "crime"),
        ("child", "children"), ("woman", "women"), ("policeman", "policemen"), ("city", "cities"), ("cities", "city"),
        ("organised", "organized"), ("criminalisation", "criminalization"), ("behaviour", "behavior"),
        ("labour", "labor"), ("licence", "license"), ("centre", "centers"), ("trafficker", "traffickers"),
        ("knife", "knives"), ("paedophile", "pedophiles"), ("programme", "programs"), ("analysis", "analyses"),
        ("counselling", "counseling"), ("enrolment", "enrollment"), ("fulfil", "fulfill"), ("abuse", "abuses"),
        ("church", "churches"), ("area", "areas"), ("visa", "visas"), ("virus", "viruses"), ("bus", "buses"),
        ("judgment", "judgement"), ("gaol", "jail"), ("thief", "thieves"),
    ])
    func include(_ word: String, _ form: String) {
        #expect(WordForms.forms(of: word).contains(form))
        #expect(WordForms.forms(of: form).contains(word), "folding goes both ways")
    }

    @Test(arguments: [
        ("news", "new"), ("his", "hi"), ("prize", "prise"), ("human", "humen"), ("german", "germen"),
        ("ethics", "ethic"), ("u.s", "u.ss"), ("10", "10s"), ("us", "uses"), ("class", "clas"), ("virus", "viru"),
    ])
    func doNotInclude(_ word: String, _ form: String) {
        #expect(!WordForms.forms(of: word).contains(form))
    }

    @Test func areSortedAndDistinct() {
        for word in ["organisation", "defence", "child", "colour", "x", "été"] {
            let forms = WordForms.forms(of: word)
            #expect(forms == Set(forms).sorted())
            #expect(forms.contains(word))
        }
    }
}
