namespace Ratchet.Domains.Propositional.Kernel;

/// <summary>A term or a comparison is larger than the kernel's limits; says nothing about whether it is right.</summary>
internal sealed class KernelLimitException() : Exception("The proof is larger than the kernel's limits.");
