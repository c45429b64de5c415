using System.Runtime.CompilerServices;
using Ratchet.Models.Torch;

namespace Ratchet.Models.Tests;

/// <summary>Tests of the tensor library compute on the device that RATCHET_TEST_DEVICE names (<c>./test --device cuda</c>), the CPU unless set.</summary>
internal static class TestDevice
{
    [ModuleInitializer]
    internal static void Use()
    {
        if (Environment.GetEnvironmentVariable("RATCHET_TEST_DEVICE") is { Length: > 0 } device)
            TorchOptions.DefaultDevice = device;
    }
}
