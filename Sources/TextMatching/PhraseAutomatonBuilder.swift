extension PhraseAutomaton {
    /// Collects phrases and builds the automaton over them. Adding the same phrase again gives the same id.
    ///
    /// Building thirty thousand phrases takes a fraction of a second; nothing is limited here but the length of a
    /// phrase and of a word: whoever reads rules from strangers bounds how many there are.
    public struct Builder {
        private var terms: [WordPattern: UInt32] = [:]
        private var termsByForms: [[String]: UInt32] = [:]
        /// Folded words of the text by the terms they satisfy.
        private var surfaces: [String: [UInt32]] = [:]
        private var wildcards: [WildcardIndex.Candidate] = []
        private var exactForms: [[UInt8]] = []

        private var edgeNodes: [UInt64: UInt32] = [:]
        private var edges: [(parent: UInt32, term: UInt32, node: UInt32)] = []
        private var roots: [UInt32] = []
        private var nodes: [Node] = []
        private var patterns = 0

        /// Starts with no phrase.
        public init() {}

        /// Adds a phrase of 1 to `maximumPhraseLength` words and names it.
        /// - Precondition: words are folded as their `WordPattern` case says (`QueryWords` does it), none empty or over
        ///   64 bytes.
        public mutating func add(_ phrase: Phrase) -> PatternID {
            precondition((1...PhraseAutomaton.maximumPhraseLength).contains(phrase.count), "a phrase of 1 to 24 words")
            var node = root(term(phrase[0]))
            for word in phrase.dropFirst() { node = child(of: node, term(word)) }
            if nodes[Int(node)].pattern == PhraseAutomaton.none {
                nodes[Int(node)].pattern = UInt32(patterns)
                patterns += 1
            }
            return PatternID(rawValue: nodes[Int(node)].pattern)
        }

        /// Builds the automaton over all phrases added so far.
        public func build() -> PhraseAutomaton {
            var lists: [[UInt32]] = []
            var listNumbers: [[UInt32]: Int] = [:]
            var words: [(word: String, code: TermCode)] = []
            words.reserveCapacity(surfaces.count)
            let index = WildcardIndex(wildcards)
            for (word, own) in surfaces {
                let all = own + wildcardTerms(word, index)
                if all.count == 1, exactForms[Int(all[0])].isEmpty {
                    words.append((word, .term(Int(all[0]))))
                    continue
                }
                let number =
                    listNumbers[all]
                    ?? {
                        lists.append(all)
                        return lists.count - 1
                    }()
                listNumbers[all] = number
                let verify = all.contains { !exactForms[Int($0)].isEmpty }
                words.append((word, verify ? .unverifiedList(number) : .list(number)))
            }
            return PhraseAutomaton(
                starts: startFilter(), vocabulary: Vocabulary(words), wildcards: index, roots: roots, nodes: nodes,
                edges: edges, lists: lists,
                exactForms: exactForms, patternCount: patterns)
        }

        private func startFilter() -> StartFilter {
            var openers = [StartFilter.Opener?](repeating: nil, count: exactForms.count)
            var spellings = [[FoldedWord]](repeating: [], count: exactForms.count)
            for (word, terms) in surfaces {
                for term in terms { spellings[Int(term)].append(FoldedWord(word)) }
            }
            for wildcard in wildcards { openers[Int(wildcard.term)] = .wildcard(wildcard.wildcard) }
            return StartFilter(
                openers: openers.enumerated().map { $1 ?? .word(spellings[$0]) }, openings: openings())
        }

        /// The terms that phrases begin with: three, or all of a shorter phrase.
        private func openings() -> [[UInt32]] {
            var sequences = [[UInt32]?](repeating: nil, count: nodes.count)
            var openings: [[UInt32]] = []
            func add(_ sequence: [UInt32], _ node: UInt32) {
                let isWhole = sequence.count == 3 || nodes[Int(node)].pattern != PhraseAutomaton.none
                if isWhole { openings.append(sequence) }
                if sequence.count < 3 { sequences[Int(node)] = sequence }
            }
            for (term, root) in roots.enumerated() where root != PhraseAutomaton.none { add([UInt32(term)], root) }
            // Parents come before their children.
            for edge in edges {
                if let before = sequences[Int(edge.parent)] { add(before + [edge.term], edge.node) }
            }
            return openings
        }

        private func wildcardTerms(_ word: String, _ index: WildcardIndex) -> [UInt32] {
            let bytes = Array(word.utf8)
            guard bytes.count >= 2, !index.isEmpty else { return [] }
            var terms: [UInt32] = []
            index.forEachMatch(FoldedWord(word).first, count: bytes.count, { bytes[$0] }) { terms.append($0) }
            return terms
        }

        private mutating func term(_ pattern: WordPattern) -> UInt32 {
            if let term = terms[pattern] { return term }
            let term: UInt32
            switch pattern {
            case .folded(let word): term = formsTerm(WordForms.forms(of: word))
            case .literal(let word): term = formsTerm([word])
            case .exact(let word):
                term = newTerm(exact: Array(word.utf8))
                surfaces[CharacterFolding.shared.folded(word), default: []].append(term)
            case .wildcard(let word):
                term = newTerm(exact: [])
                wildcards.append(.init(wildcard: Wildcard(word), term: term))
            }
            terms[pattern] = term
            return term
        }

        /// Words with the same forms are the same term: `crime` and `crimes`.
        private mutating func formsTerm(_ forms: [String]) -> UInt32 {
            if let term = termsByForms[forms] { return term }
            let term = newTerm(exact: [])
            termsByForms[forms] = term
            for form in forms { surfaces[form, default: []].append(term) }
            return term
        }

        private mutating func newTerm(exact: [UInt8]) -> UInt32 {
            exactForms.append(exact)
            roots.append(PhraseAutomaton.none)
            return UInt32(exactForms.count - 1)
        }

        private mutating func root(_ term: UInt32) -> UInt32 {
            if roots[Int(term)] == PhraseAutomaton.none { roots[Int(term)] = newNode() }
            return roots[Int(term)]
        }

        private mutating func child(of parent: UInt32, _ term: UInt32) -> UInt32 {
            let key = UInt64(parent) << 32 | UInt64(term)
            if let node = edgeNodes[key] { return node }
            let node = newNode()
            edgeNodes[key] = node
            edges.append((parent, term, node))
            nodes[Int(parent)].children += 1
            nodes[Int(parent)].onlyTerm = term
            nodes[Int(parent)].onlyNode = node
            return node
        }

        private mutating func newNode() -> UInt32 {
            nodes.append(Node(pattern: PhraseAutomaton.none, children: 0, onlyTerm: 0, onlyNode: 0))
            return UInt32(nodes.count - 1)
        }
    }
}
