//! Numbers that know what they number, and lists that are indexed by them: a tensor's number is no node's.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut, Index, IndexMut, Range};

/// The number of a `T` in its [`Table`].
pub struct Id<T> {
    number: usize,
    numbers: PhantomData<fn() -> T>,
}

impl<T> Id<T> {
    /// Number `number` of a table.
    pub(super) fn new(number: usize) -> Self {
        Id { number, numbers: PhantomData }
    }

    /// The number after it.
    pub(super) fn next(self) -> Self {
        Id::new(self.number + 1)
    }

    /// The plain number, from 0.
    pub fn number(self) -> usize {
        self.number
    }
}

// derived, these would ask the same of `T`
impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Id<T> {}

impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl<T> Eq for Id<T> {}

impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.number.cmp(&other.number)
    }
}

impl<T> Hash for Id<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.number.hash(state);
    }
}

impl<T> Default for Id<T> {
    fn default() -> Self {
        Id::new(0)
    }
}

impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.number)
    }
}

/// A list whose elements have an [`Id`].
#[derive(Clone, Debug)]
pub struct Table<T>(Vec<T>);

impl<T> Table<T> {
    /// Adds an element at the end.
    pub(super) fn push(&mut self, element: T) -> Id<T> {
        self.0.push(element);
        Id::new(self.0.len() - 1)
    }

    /// Removes an element; those behind it move up.
    pub(super) fn remove(&mut self, id: Id<T>) -> T {
        self.0.remove(id.number)
    }

    /// Puts an element in the place of another one, which moves back with all behind it.
    pub(super) fn insert(&mut self, id: Id<T>, element: T) {
        self.0.insert(id.number, element);
    }

    /// The number of every element, in order.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = Id<T>> + use<T> {
        (0..self.0.len()).map(Id::new)
    }

    /// Every element with its number.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = (Id<T>, &T)> {
        self.0.iter().enumerate().map(|(number, element)| (Id::new(number), element))
    }

    /// The elements from one number to before another.
    pub fn range(&self, range: Range<Id<T>>) -> &[T] {
        &self.0[range.start.number..range.end.number]
    }

    /// The number that the next element will have.
    pub(super) fn next_id(&self) -> Id<T> {
        Id::new(self.0.len())
    }
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Table(Vec::new())
    }
}

impl<T> FromIterator<T> for Table<T> {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        Table(elements.into_iter().collect())
    }
}

impl<T> Deref for Table<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T> DerefMut for Table<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.0
    }
}

impl<T> Index<Id<T>> for Table<T> {
    type Output = T;

    fn index(&self, id: Id<T>) -> &T {
        &self.0[id.number]
    }
}

impl<T> IndexMut<Id<T>> for Table<T> {
    fn index_mut(&mut self, id: Id<T>) -> &mut T {
        &mut self.0[id.number]
    }
}

impl<'a, T> IntoIterator for &'a Table<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}
