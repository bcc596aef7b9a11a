/// A fixed array in memory of its own, read without bounds or uniqueness checks by the scanning loops.
///
/// `@unchecked Sendable`: the memory is written only in `init`, before the reference can be shared, and freed when the
/// last reference goes; between the two it is read-only, so any number of threads may read it.
final class FlatArray<Element: BitwiseCopyable & Sendable>: @unchecked Sendable {
    let base: UnsafePointer<Element>
    let count: Int

    init(_ elements: [Element]) {
        let memory = UnsafeMutablePointer<Element>.allocate(capacity: max(elements.count, 1))
        elements.withUnsafeBufferPointer { source in
            if let first = source.baseAddress { memory.initialize(from: first, count: source.count) }
        }
        base = UnsafePointer(memory)
        count = elements.count
    }

    deinit {
        UnsafeMutablePointer(mutating: base).deallocate()
    }

    @inline(__always)
    subscript(index: Int) -> Element {
        assert(index >= 0 && index < count)
        return base[index]
    }
}

/// Scratch memory that a scanner reuses from text to text: grows to the largest text seen, never shrinks on its own.
///
/// One owner, never shared: it belongs to one scanner, which belongs to one thread.
struct ScratchBuffer<Element: BitwiseCopyable>: ~Copyable {
    private(set) var base: UnsafeMutablePointer<Element>
    private(set) var capacity: Int

    init(capacity: Int) {
        self.capacity = max(capacity, 16)
        base = .allocate(capacity: self.capacity)
    }

    deinit {
        base.deallocate()
    }

    /// Makes room for `count` elements; what was in the buffer is lost when it must grow.
    mutating func reserve(_ count: Int) {
        guard count > capacity else { return }
        base.deallocate()
        capacity = max(count, capacity * 2)
        base = .allocate(capacity: capacity)
    }
}
