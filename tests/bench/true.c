/* The command that every start under measurement ends in: nothing, so that all of the time is the starter's. */
int main(void)
{
    return 0;
}
