//! Reverse-mode automatic differentiation over `ndarray`.
//!
//! # How it works
//!
//! A [`Tape`] is a list of values, each with the step that carries a gradient from it to the values it was computed
//! from. Operations on [`Var`]s append to the list as they run (define by run), so a value always stands after the
//! values that it depends on; [`Var::backward`] therefore needs no sorting and walks the list once from the end.
//!
//! ```
//! use shinso::tensor::{Tape, tensor};
//!
//! let tape = Tape::new();
//! let x = tape.leaf(tensor([2], vec![3.0_f64, -1.0]));
//! let y = (x * x + x).sum();                                    // Σ x² + x
//! assert_eq!(y.item(), 12.0);
//! let gradients = y.backward();
//! assert_eq!(gradients.of(x).unwrap().as_slice().unwrap(), [7.0, -1.0]); // 2x + 1
//! ```
//!
//! # How to add an operation
//!
//! Write one method on [`Var`] in a file of `operations/`: compute the value, then call [`Tape::record`] with it, the
//! inputs and a closure from the gradient of the value to the gradients of the inputs. Forward and backward stand side
//! by side. Then add it to the gradient tests, which compare with central differences in `f64`.
//!
//! # How it is fast
//!
//! Tensors are reference counted, so passing, reshaping and snapshotting copy nothing. Products go to `faer`'s kernels
//! ([`product`]); long elementwise loops are compiled for several instruction sets, chosen at run time, and cut into
//! pieces by their shape alone ([`parallel`]). The numbers are the same whatever the number of threads.

mod array;
mod element;
pub mod gradient_check;
pub mod operations;
pub mod parallel;
pub mod pool;
pub mod product;
mod tape;

pub(crate) use array::contiguous;
pub use array::{Tensor, tensor};
pub use element::Element;
pub use operations::attention::Mask;
pub use operations::convolution::Window;
pub use operations::linear::Activation;
pub use operations::recurrent::RecurrentWeights;
pub use tape::{Gradients, Rows, Tape, Var};
