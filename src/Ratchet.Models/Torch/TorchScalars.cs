using TorchSharp;

namespace Ratchet.Models.Torch;

/// <summary>Scalars that live as long as the process.</summary>
/// <remarks>
/// TorchSharp gives the library a scalar's address without keeping the scalar: one that is converted on the fly, <c>a + b</c> with its hidden
/// factor 1 included, may be finalized, and so freed, while the library reads it. Under a busy collector that ends in an error or in a wrong
/// number. So every scalar here and in the trainer has a name that outlives its call, and sums of tensors go through <see cref="Plus"/>.
/// </remarks>
internal static class TorchScalars
{
    /// <summary>1.</summary>
    public static readonly Scalar One = 1;

    /// <summary>2.</summary>
    public static readonly Scalar Two = 2;

    /// <summary>The least squared length that is divided by.</summary>
    public static readonly Scalar Tiny = 1e-24;

    /// <summary><paramref name="a"/> + <paramref name="b"/>.</summary>
    public static torch.Tensor Plus(this torch.Tensor a, torch.Tensor b) => a.add(b, One);
}
