using Ratchet.Systems.ExpertIteration;

namespace Ratchet.Systems.Tests.ExpertIteration;

public sealed class RunSummariesTests
{
    [Theory]
    [InlineData("0.1.0+abc", "def-dirty", "def-dirty")]
    [InlineData("0.1.0+abc", null, "abc")]
    [InlineData("0.1.0+abc", "", "abc")]
    [InlineData("0.1.0", null, "unknown")]
    public void The_commit_is_the_one_that_the_launcher_found_or_else_that_of_the_build(string built, string? started, string commit) =>
        Assert.Equal(("0.1.0", commit), RunSummaries.Version(built, started));
}
