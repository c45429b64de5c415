using Ratchet.Runs;

namespace Ratchet.Service.Tests;

public sealed class ServiceOptionsTests
{
    [Fact]
    public void The_defaults_are_valid_and_listen_on_this_machine_alone()
    {
        var options = new ServiceOptions();
        options.Validate();
        Assert.Equal("127.0.0.1", options.Address);
        Assert.Equal(8000, options.Port);
        Assert.Equal(TimeSpan.FromSeconds(60), options.TimeLimit);
    }

    [Fact]
    public void All_mistakes_are_told_at_once()
    {
        var wrong = new ServiceOptions { Verifiers = [], Address = "everywhere", Port = 70_000, Keys = ["short"], MaxItems = 0, RequestsPerSecond = -1, Deadline = TimeSpan.Zero };
        var e = Assert.Throws<RatchetException>(wrong.Validate);
        Assert.Equal(2, e.ExitCode);
        Assert.Equal(
            """
            At least one verifier or model is needed.
            'everywhere' is no IP address; 127.0.0.1 is this machine alone, 0.0.0.0 all networks.
            The port must be from 0 to 65535.
            A key must have at least 16 characters, all of them ASCII and none white space.
            The most proofs of a request, a client and all clients must be at least 1.
            The requests a second must be from 0 (no limit) to 1000000.
            The deadline must be above 0 and at most a day.
            """.ReplaceLineEndings("\n"),
            e.Message);
    }

    [Fact]
    public void Listening_to_other_machines_needs_a_key()
    {
        var open = new ServiceOptions { Address = "0.0.0.0" };
        Assert.Contains("there is no key", Assert.Throws<RatchetException>(open.Validate).Message, StringComparison.Ordinal);
        (open with { Keys = ["0123456789abcdef"] }).Validate();
    }
}
