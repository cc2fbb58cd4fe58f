"""Operations: what is kept running, kept safe and put right."""
