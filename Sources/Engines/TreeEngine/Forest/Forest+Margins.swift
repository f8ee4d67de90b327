extension Forest {
    /// Adds every tree's leaf to a row's margins, in the order of the trees.
    ///
    /// Four trees are walked side by side: their steps do not wait for each other.
    ///
    /// - Parameters:
    ///   - row: A prepared row.
    ///   - margins: A value for each output.
    @inline(__always)
    func addMargins(of row: UnsafeRawPointer, to margins: UnsafeMutablePointer<Scalar>) {
        trees.withUnsafeBufferPointer { trees in
            var index = 0
            while index &+ 4 <= trees.count {
                let (a, b, c, d) = (
                    trees[index], trees[index &+ 1], trees[index &+ 2], trees[index &+ 3]
                )
                if a.hasCategories || b.hasCategories || c.hasCategories || d.hasCategories {
                    for tree in trees[index..<index &+ 4] {
                        add(leaf(of: tree, row), tree.group, margins)
                    }
                } else {
                    var (w, x, y, z) = (a.root, b.root, c.root, d.root)
                    var isInside: UInt32
                    repeat {
                        isInside = 0
                        w = step(w, row, &isInside)
                        x = step(x, row, &isInside)
                        y = step(y, row, &isInside)
                        z = step(z, row, &isInside)
                    } while isInside != 0
                    add(w, a.group, margins)
                    add(x, b.group, margins)
                    add(y, c.group, margins)
                    add(z, d.group, margins)
                }
                index &+= 4
            }
            while index < trees.count {
                add(leaf(of: trees[index], row), trees[index].group, margins)
                index &+= 1
            }
        }
    }

    /// Adds what a leaf holds to a row's margins.
    @inline(__always)
    func add(
        _ leaf: UInt32, _ group: UInt32, _ margins: UnsafeMutablePointer<Scalar>
    ) {
        let value = node(at: leaf).value
        if leafWidth == 1 {
            margins[Int(group)] += value
        } else {
            let first = Int(value.number) &* leafWidth
            for index in 0..<leafWidth { margins[index] += leafVectors[first &+ index] }
        }
    }
}
