//! What a tape computes with: `ndarray`'s arrays whose buffers come back to the [pool](super::pool).

use super::Element;
use ndarray::{ArcArray, ArrayD, ArrayView2, Dimension, IntoDimension, IxDyn};
use std::fmt;
use std::ops::{Deref, DerefMut};

/// An array of any shape, cheap to clone, copied only when a shared one is written to. It is an [`ArcArray`] in all but
/// this: the last one to drop a buffer gives it to the next step.
pub struct Tensor<E: Element>(Option<ArcArray<E, IxDyn>>);

/// A tensor of `shape` from its values, the last axis running fastest.
///
/// # Panics
/// If there are not as many values as the shape has places.
pub fn tensor<E: Element, S: IntoDimension>(shape: S, values: Vec<E>) -> Tensor<E> {
    let shape = shape.into_dimension().into_dyn();
    Tensor(Some(ArcArray::from_shape_vec(shape, values).expect("as many values as the shape has places")))
}

impl Tensor<f32> {
    /// The numbers of some bytes in the order of this machine where they lie, as in a file that is mapped for good; none if they do not
    /// lie on whole words, or are not as many as the shape has places. Who writes to such a tensor has a copy of it.
    pub fn in_place(shape: &[usize], bytes: &'static [u8]) -> Option<Self> {
        // SAFETY: any four bytes are an `f32`.
        let (before, numbers, after) = unsafe { bytes.align_to::<f32>() };
        let places = shape.iter().try_fold(1, |places: usize, &length| places.checked_mul(length));
        if !before.is_empty() || !after.is_empty() || places != Some(numbers.len()) || cfg!(target_endian = "big") {
            return None;
        }
        // SAFETY: the numbers are there for ever. The allocator never sees this buffer: one is grown, written to or freed by its only owner
        // alone (`ArcArray` copies before, `Drop` looks), and the clone below, which is never dropped, leaves this one without.
        let values = unsafe { Vec::from_raw_parts(numbers.as_ptr().cast_mut(), numbers.len(), numbers.len()) };
        let tensor = tensor(IxDyn(shape), values);
        std::mem::forget(tensor.clone());
        Some(tensor)
    }
}

impl<E: Element> Tensor<E> {
    /// Every element the same.
    pub fn filled<S: IntoDimension>(shape: S, value: E) -> Self {
        let shape = shape.into_dimension().into_dyn();
        let values = E::pool().filled(shape.size(), value);
        tensor(shape, values)
    }

    /// Of **any** values, for those who write every one.
    pub(crate) fn unset<S: IntoDimension>(shape: S) -> Self {
        let shape = shape.into_dimension().into_dyn();
        let values = E::pool().take(shape.size());
        tensor(shape, values)
    }

    /// The same values in another shape; nothing is copied.
    ///
    /// # Panics
    /// If the shape has another number of places.
    pub fn reshaped<S: IntoDimension>(self, shape: S) -> Self {
        let shape = shape.into_dimension().into_dyn();
        let mut contiguous = contiguous(&self);
        let array = contiguous.0.take().expect(HELD);
        let lengths = array.shape().to_vec();
        let array = array.into_shape_with_order(shape.clone());
        Tensor(Some(array.unwrap_or_else(|_| panic!("{lengths:?} does not have as many places as {shape:?}"))))
    }

    /// The elements in order.
    ///
    /// # Panics
    /// If they do not lie so: see [`contiguous`].
    pub(crate) fn values(&self) -> &[E] {
        self.as_slice().expect("elements in order")
    }

    /// The elements in order, to write; copied first if they are shared.
    pub(crate) fn values_mut(&mut self) -> &mut [E] {
        if !self.is_unique() {
            *self = tensor(self.raw_dim(), E::pool().copy(self.values()));
        }
        self.as_slice_mut().expect("elements in order")
    }

    /// All axes but the last as rows.
    pub(crate) fn rows(&self) -> ArrayView2<'_, E> {
        let width = self.shape().last().copied().unwrap_or(1);
        let rows = self.shape().iter().rev().skip(1).product();
        ArrayView2::from_shape((rows, width), self.values()).expect("rows of the last axis")
    }
}

/// The same tensor with its elements in order, the last axis running fastest: copied if they do not lie so.
pub(crate) fn contiguous<E: Element>(value: &Tensor<E>) -> Tensor<E> {
    if value.is_standard_layout() {
        return value.clone();
    }
    let mut copy = Tensor::unset(value.raw_dim());
    copy.assign(value);
    copy
}

const HELD: &str = "a tensor holds its array until it is dropped";

impl<E: Element> Drop for Tensor<E> {
    fn drop(&mut self) {
        if let Some(Ok(owned)) = self.0.take().map(ArcArray::try_into_owned_nocopy) {
            E::pool().give(owned.into_raw_vec_and_offset().0);
        }
    }
}

impl<E: Element> Deref for Tensor<E> {
    type Target = ArcArray<E, IxDyn>;

    fn deref(&self) -> &Self::Target {
        self.0.as_ref().expect(HELD)
    }
}

impl<E: Element> DerefMut for Tensor<E> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        self.0.as_mut().expect(HELD)
    }
}

impl<E: Element> Clone for Tensor<E> {
    fn clone(&self) -> Self {
        Tensor(self.0.clone())
    }
}

impl<E: Element> fmt::Debug for Tensor<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.deref().fmt(f)
    }
}

impl<E: Element> PartialEq for Tensor<E> {
    fn eq(&self, other: &Self) -> bool {
        self.deref() == other.deref()
    }
}

impl<'a, E: Element> IntoIterator for &'a Tensor<E> {
    type Item = &'a E;
    type IntoIter = ndarray::iter::Iter<'a, E, IxDyn>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<E: Element> From<ArrayD<E>> for Tensor<E> {
    fn from(array: ArrayD<E>) -> Self {
        Tensor(Some(array.into_shared()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_owner_gives_the_buffer_back() {
        const ODD: usize = 77_777; // no other test asks for this length
        let first = Tensor::<f64>::filled([ODD], 1.0);
        let address = first.as_ptr();
        let second = first.clone();
        drop(first);
        assert_ne!(Tensor::<f64>::unset([ODD]).as_ptr(), address, "still in use");
        assert_eq!(second[[5]], 1.0);
        drop(second);
        let found = (0..3).map(|_| Tensor::<f64>::unset([ODD])).collect::<Vec<_>>();
        assert!(found.iter().any(|tensor| tensor.as_ptr() == address));
    }

    #[test]
    fn a_transposed_array_is_put_in_order() {
        let array = ArrayD::from_shape_vec(vec![2, 3], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).unwrap();
        let turned = Tensor::from(array.reversed_axes());
        assert_eq!(contiguous(&turned).values(), [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
        assert_eq!(turned.reshaped([6]).values(), [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
    }
}
