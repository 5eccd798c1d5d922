//! Arrays of any element, row-major, and what rearranges them: of weights, of constants, and of the numbers of elements, which
//! is how a chain of reshapes and transpositions is followed.

/// An array, row-major; without axes it is one element.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Array<T> {
    /// Sizes, outermost first.
    pub sizes: Vec<usize>,
    /// Elements.
    pub data: Vec<T>,
}

/// What is wrong with a rearrangement, in words.
pub type Problem = String;

/// The largest number of elements that a rearrangement may make.
const LARGEST: usize = 1 << 28;

/// The product of sizes, if it is not beyond what is handled.
///
/// # Errors
/// With the sizes.
pub fn count(sizes: &[usize]) -> Result<usize, Problem> {
    let count = sizes.iter().try_fold(1usize, |count, &size| count.checked_mul(size));
    count
        .filter(|&count| count <= LARGEST)
        .ok_or_else(|| format!("a tensor {sizes:?} has more than {LARGEST} elements"))
}

/// An axis of `rank`, counted from the end if it is negative.
///
/// # Errors
/// If there is no such axis.
pub fn axis(axis: i64, rank: usize) -> Result<usize, Problem> {
    let from_start = if axis < 0 { axis.checked_add(rank as i64) } else { Some(axis) };
    let found = from_start.and_then(|axis| usize::try_from(axis).ok()).filter(|&axis| axis < rank);
    found.ok_or_else(|| format!("axis {axis} of a tensor with {rank} axes"))
}

impl<T: Copy> Array<T> {
    /// One element.
    pub fn scalar(value: T) -> Self {
        Array { sizes: Vec::new(), data: vec![value] }
    }

    /// A list.
    pub fn list(data: Vec<T>) -> Self {
        Array { sizes: vec![data.len()], data }
    }

    /// The same elements under other sizes.
    ///
    /// # Errors
    /// If their number is another.
    pub fn reshaped(self, sizes: Vec<usize>) -> Result<Self, Problem> {
        if count(&sizes)? == self.data.len() {
            Ok(Array { sizes, data: self.data })
        } else {
            Err(format!("{:?} cannot become {sizes:?}", self.sizes))
        }
    }

    /// Elements so many places apart along each axis of the result.
    fn strided(&self, sizes: Vec<usize>, strides: &[usize]) -> Self {
        let total = sizes.iter().product();
        let mut index = vec![0; sizes.len()];
        let mut data = Vec::with_capacity(total);
        let mut place = 0;
        for _ in 0..total {
            data.push(self.data[place]);
            for axis in (0..sizes.len()).rev() {
                index[axis] += 1;
                place += strides[axis];
                if index[axis] < sizes[axis] {
                    break;
                }
                place -= strides[axis] * sizes[axis];
                index[axis] = 0;
            }
        }
        Array { sizes, data }
    }

    /// Elements from one step along each axis to the next.
    fn strides(&self) -> Vec<usize> {
        let mut strides = vec![1; self.sizes.len()];
        for axis in (1..self.sizes.len()).rev() {
            strides[axis - 1] = strides[axis] * self.sizes[axis];
        }
        strides
    }

    /// With its axes in another order: axis `i` of the result is axis `order[i]`.
    ///
    /// # Panics
    /// If `order` is no order of the axes.
    pub fn transposed(&self, order: &[usize]) -> Self {
        let strides = self.strides();
        let sizes: Vec<usize> = order.iter().map(|&axis| self.sizes[axis]).collect();
        let steps: Vec<usize> = order.iter().map(|&axis| strides[axis]).collect();
        self.strided(sizes, &steps)
    }

    /// Of one axis these places, in this order; places may come again.
    ///
    /// # Errors
    /// If a place is not there, or the result is too large.
    pub fn taken(&self, axis: usize, places: &[usize]) -> Result<Self, Problem> {
        if let Some(outside) = places.iter().find(|&&place| place >= self.sizes[axis]) {
            return Err(format!("place {outside} of an axis of {}", self.sizes[axis]));
        }
        let mut sizes = self.sizes.clone();
        sizes[axis] = places.len();
        count(&sizes)?;
        let (outer, inner): (usize, usize) =
            (self.sizes[..axis].iter().product(), self.sizes[axis + 1..].iter().product());
        let mut data = Vec::with_capacity(outer * places.len() * inner);
        for i in 0..outer {
            for place in places {
                data.extend_from_slice(&self.data[(i * self.sizes[axis] + place) * inner..][..inner]);
            }
        }
        Ok(Array { sizes, data })
    }

    /// Several side by side along an axis.
    ///
    /// # Errors
    /// If another size differs, or the result is too large.
    pub fn joined(parts: &[Self], axis: usize) -> Result<Self, Problem> {
        let first = &parts[0];
        let others = |part: &Self| part.sizes.iter().enumerate().filter(|&(a, _)| a != axis).map(|(_, &s)| s).collect();
        let same: Vec<usize> = others(first);
        if parts.iter().any(|part| part.sizes.len() != first.sizes.len() || others(part) != same) {
            let sizes: Vec<_> = parts.iter().map(|part| &part.sizes).collect();
            return Err(format!("tensors {sizes:?} do not fit side by side along axis {axis}"));
        }
        let mut sizes = first.sizes.clone();
        sizes[axis] = parts.iter().map(|part| part.sizes[axis]).sum();
        let mut data = Vec::with_capacity(count(&sizes)?);
        let outer: usize = sizes[..axis].iter().product();
        for i in 0..outer {
            for part in parts {
                let run: usize = part.sizes[axis..].iter().product();
                data.extend_from_slice(&part.data[i * run..][..run]);
            }
        }
        Ok(Array { sizes, data })
    }

    /// Repeated to other sizes, as ONNX and NumPy do: an axis of 1 meets any size, missing axes come first.
    ///
    /// # Errors
    /// If an axis does not fit.
    pub fn broadcast(&self, sizes: &[usize]) -> Result<Self, Problem> {
        let Some(missing) = sizes.len().checked_sub(self.sizes.len()) else {
            return Err(format!("{:?} does not meet {sizes:?}", self.sizes));
        };
        if self.sizes.iter().zip(&sizes[missing..]).any(|(&own, &size)| own != 1 && own != size) {
            return Err(format!("{:?} does not meet {sizes:?}", self.sizes));
        }
        count(sizes)?;
        let strides = self.strides();
        let own = |axis: usize| if self.sizes[axis] == 1 { 0 } else { strides[axis] };
        let steps: Vec<usize> = (0..sizes.len()).map(|axis| axis.checked_sub(missing).map_or(0, own)).collect();
        Ok(self.strided(sizes.to_vec(), &steps))
    }
}

/// The sizes that two tensors have together, each repeated where it has 1.
///
/// # Errors
/// If an axis does not fit.
pub fn together(a: &[usize], b: &[usize]) -> Result<Vec<usize>, Problem> {
    let rank = a.len().max(b.len());
    let size = |sizes: &[usize], axis: usize| (axis + sizes.len()).checked_sub(rank).map_or(1, |axis| sizes[axis]);
    let common = |axis: usize| match (size(a, axis), size(b, axis)) {
        (x, y) if x == y => Ok(x),
        (1, y) => Ok(y),
        (x, 1) => Ok(x),
        _ => Err(format!("{a:?} and {b:?} do not fit together")),
    };
    (0..rank).map(common).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_are_rearranged_as_numpy_does() {
        let a = Array { sizes: vec![2, 3], data: (0..6).collect() };
        assert_eq!(a.transposed(&[1, 0]).data, [0, 3, 1, 4, 2, 5]);
        assert_eq!(a.taken(1, &[2, 0]).unwrap().data, [2, 0, 5, 3]);
        let joined = Array::joined(&[a.clone(), a.taken(1, &[1]).unwrap()], 1).unwrap();
        assert_eq!((joined.sizes, joined.data), (vec![2, 4], vec![0, 1, 2, 1, 3, 4, 5, 4]));
        let row = Array { sizes: vec![2, 1], data: vec![7, 8] };
        assert_eq!(row.broadcast(&[2, 2, 2]).unwrap().data, [7, 7, 8, 8, 7, 7, 8, 8]);
        assert_eq!(together(&[4, 1, 3], &[2, 1]).unwrap(), [4, 2, 3]);
        assert!(together(&[2], &[3]).is_err() && a.taken(0, &[2]).is_err() && axis(2, 2).is_err());
        assert_eq!(axis(-1, 2), Ok(1));
        assert!(count(&[1 << 40, 1 << 40]).is_err());
    }
}
